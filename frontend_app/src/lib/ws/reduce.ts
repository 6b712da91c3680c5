// The client's mind: a state and what happened go in, the next state comes out.
// Reads no clock, no socket, no storage and no dice. A turn has its own copy of the state, which the functions here,
// in attempts.ts, live.ts and outbox.ts change; nothing that was handed out before is touched.

import {
  attempt,
  closed,
  failedProof,
  forgive,
  giveUp,
  hold,
  OPEN_LIMIT,
  opened,
  sendAuth,
  stop,
} from './attempts';
import { fullJitter } from './backoff';
import { withOlder } from './history';
import { flush, heard, liveTime, received, wake } from './live';
import { add, dueAgain, restore } from './outbox';
import { type Event, type Kept, type Moment, NOTHING_KNOWN, type State, type Turns } from './state';

/** A `time` event comes at least so often while something is waited for, so that a sleep is noticed soon. */
export const LONGEST_NAP = 10_000;
/** A timer that is later than this was stopped: the machine slept. Timers of hidden pages are late too. */
const LATE = 5_000;

export function reduce(before: Kept, event: Event, moment: Moment): State {
  const slip = Math.max(before.slip, before.now - moment.now);
  const now = moment.now + slip;
  const state: State = { ...before, ...moment, now, slip, link: { ...before.link }, frames: [] };
  if (event.is !== 'awake' && hasSlept(before, now) && state.link.is === 'authenticated')
    wake(state, state.link);
  turns[event.is](state, event as never);
  flush(state);
  return state;
}

/** The clock on the wall goes on while the machine sleeps, timers do not. */
function hasSlept(before: Kept, now: number): boolean {
  return now > Math.min(nextWake(before), before.now + LONGEST_NAP) + LATE;
}

/** When the state wants a `time` event; Infinity for never. */
export function nextWake({ link, pausedUntil, now }: Kept): number {
  if (link.is !== 'authenticated') return link.until;
  const pause = pausedUntil > now ? pausedUntil : Number.POSITIVE_INFINITY;
  return Math.min(link.until, link.nextTry, pause);
}

const turns: Turns = {
  connect(state, { recipeId }) {
    if (recipeId !== state.recipeId) Object.assign(state, NOTHING_KNOWN);
    state.recipeId = recipeId;
    startAnew(state);
  },
  disconnect: state => stop(state, null),
  retry_now: retryNow,
  opened,
  closed,
  frame(state, { frame }) {
    heard(state);
    if (frame) received[frame.type](state, frame.payload as never, frame.timestamp);
    else state.noise += 1;
  },
  /** For a re-authentication, or for the next socket: this is the one way to open it. */
  token(state, { token }) {
    const { link, now } = state;
    const isLive = link.is === 'authenticated';
    // The same one cannot be what the server wants; another may come.
    if (isLive && token === state.token) return noToken(state, 'unavailable');
    state.wish = null;
    state.token = token;
    if (isLive) {
      link.auth = sendAuth(state);
      link.nextTry = Number.POSITIVE_INFINITY;
    } else {
      state.fresh = false;
      state.link = { is: 'connecting', until: now + OPEN_LIMIT };
    }
  },
  no_token: (state, { why }) => noToken(state, why),
  time(state) {
    const { link, now } = state;
    if (link.is === 'authenticated') liveTime(state, link);
    else if (now < link.until) return;
    else if (link.is === 'waiting') attempt(state);
    else if (link.is === 'connecting') hold(state);
    else failedProof(state);
  },
  awake(state) {
    const { link, now, notBefore } = state;
    if (link.is === 'authenticated') wake(state, link);
    else if (link.is === 'disconnected' || state.hidden) return;
    else if (link.is === 'waiting' && now < notBefore) link.until = notBefore;
    else retryNow(state);
  },
  // A page on ice or without a network lets its socket go; a hidden one keeps it, but does not fight for a new one.
  cut_off(state) {
    if (state.link.is !== 'disconnected') hold(state);
  },
  hidden(state) {
    if (state.link.is === 'waiting') hold(state);
  },
  send(state, { id, content }) {
    state.outbox = add(state.outbox, id, content, state.now);
  },
  retry(state, { id }) {
    state.outbox = dueAgain(state.outbox, id, state.now);
  },
  drop(state, { id }) {
    state.outbox = state.outbox.filter(message => message.id !== id);
  },
  restored(state, { recipeId, messages }) {
    if (recipeId === state.recipeId) state.outbox = restore(state.outbox, messages);
  },
  older(state, { recipeId, messages }) {
    if (recipeId === state.recipeId) state.history = withOlder(state.history, messages);
  },
};

function noToken(state: State, why: 'denied' | 'unavailable' | 'broken'): void {
  state.wish = null;
  if (why === 'denied') giveUp(state, 'sign_in');
  else if (state.link.is === 'authenticated') {
    state.attempt += 1;
    state.link.nextTry = state.now + fullJitter(state.attempt, state.dice);
  } else if (why === 'unavailable') hold(state);
  else failedProof(state);
}

function startAnew(state: State): void {
  forgive(state);
  state.authFailures = 0;
  state.fresh = false;
  state.ending = null;
  state.outageSince ??= state.now;
  attempt(state);
}

/**
 * The next attempt starts now, and backoff anew. A socket that is still opening after failures is given up too: its
 * first packets may have gone into a network that was not there.
 */
function retryNow(state: State): void {
  const { is } = state.link;
  if (is === 'disconnected' && state.recipeId) return startAnew(state);
  if (is !== 'waiting' && !(is === 'connecting' && state.attempt > 0)) return;
  state.attempt = 0;
  attempt(state);
}
