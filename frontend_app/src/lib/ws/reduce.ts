// The client's mind: a state and what happened go in, the next state comes out.
// Reads no clock, no socket, no storage and no dice. A turn has its own copy of the state, which the functions of
// attempts.ts and live.ts change; nothing that was handed out before is touched.

import {
  attempt,
  closed,
  failedProof,
  hold,
  opened,
  openSocket,
  outOfTime,
  signedOut,
  stop,
} from './attempts';
import { EMPTY_HISTORY, withOlder } from './history';
import { flush, heard, liveTime, noTokenForReauth, probe, received, tokenForReauth } from './live';
import { add, drop, EMPTY_OUTBOX, lateAt, restore, retry } from './outbox';
import type { Event, Moment, State } from './state';

const WAKE_PROBE = 3_000;

export function reduce(before: State, event: Event, moment: Moment): State {
  const state: State = { ...before, ...moment, link: { ...before.link }, frames: [] };
  take(state, event);
  flush(state);
  return state;
}

/** When the state wants a `time` event; Infinity for never. */
export function nextWake({ link, outbox, now }: State): number {
  if (link.is === 'off') return Number.POSITIVE_INFINITY;
  if (link.is !== 'live') return link.until;
  const { pausedUntil } = outbox;
  return Math.min(
    link.until,
    link.stableAt,
    link.reauth?.nextTry ?? Number.POSITIVE_INFINITY,
    lateAt(outbox),
    pausedUntil > now ? pausedUntil : Number.POSITIVE_INFINITY,
  );
}

function take(state: State, event: Event): void {
  const { link, outbox, now } = state;
  switch (event.is) {
    case 'connect':
      return connect(state, event.recipeId);
    case 'disconnect':
      return stop(state, null);
    case 'retry_now':
      return retryNow(state);
    case 'opened':
      return opened(state);
    case 'closed':
      return closed(state, event.code, event.reason);
    case 'frame':
      heard(state);
      return received(state, event.frame);
    case 'noise':
      state.noise += 1;
      return heard(state);
    case 'token':
      if (link.is === 'live') tokenForReauth(state, link, event.token);
      else openSocket(state, event.token);
      return;
    case 'no_token':
      if (link.is === 'live') noTokenForReauth(state, link, event.why);
      else noTokenForAttempt(state, event.why);
      return;
    case 'time':
      return timePassed(state);
    case 'awake':
      return awake(state);
    case 'cut_off':
      return asleep(state, true);
    case 'hidden':
      return asleep(state, false);
    case 'send':
      state.outbox = add(outbox, event.id, event.content, now);
      return;
    case 'retry_message':
      state.outbox = retry(outbox, event.id, event.newId, now);
      return;
    case 'drop_message':
      state.outbox = drop(outbox, event.id);
      return;
    case 'restored':
      if (event.recipeId === state.recipeId) state.outbox = restore(outbox, event.messages);
      return;
    case 'older':
      if (event.recipeId === state.recipeId)
        state.history = withOlder(state.history, event.messages);
      return;
    default:
      event satisfies never;
  }
}

function connect(state: State, recipeId: string): void {
  stop(state, null);
  if (recipeId !== state.recipeId) {
    state.session = null;
    state.history = EMPTY_HISTORY;
    state.outbox = EMPTY_OUTBOX;
  }
  state.recipeId = recipeId;
  state.proven = false;
  startAnew(state);
}

function startAnew(state: State): void {
  state.attempt = state.authFailures = 0;
  state.mended = state.fresh = false;
  state.outageSince ??= state.now;
  attempt(state);
}

/**
 * The next attempt starts now, and backoff anew. A socket that is still opening after failures is given up too: its
 * first packets may have gone into a network that was not there.
 */
function retryNow(state: State): void {
  const { is } = state.link;
  if (is === 'off' && state.recipeId !== null) return startAnew(state);
  if (is !== 'waiting' && !(is === 'opening' && state.attempt > 0)) return;
  state.attempt = 0;
  attempt(state);
}

function noTokenForAttempt(state: State, why: 'denied' | 'unavailable' | 'broken'): void {
  if (why === 'denied') signedOut(state);
  else if (why === 'unavailable') hold(state);
  else failedProof(state, 'No token');
}

function timePassed(state: State): void {
  const { link, now } = state;
  if (link.is === 'live') liveTime(state, link);
  else if (link.is === 'off' || now < link.until) return;
  else if (link.is === 'waiting') attempt(state);
  else outOfTime(state);
}

function awake(state: State): void {
  if (state.link.is === 'live') probe(state, state.link, WAKE_PROBE);
  else if (state.link.is !== 'off' && !state.hidden) retryNow(state);
}

/** A page on ice or without a network lets its socket go; a hidden one keeps it, but does not fight for a new one. */
function asleep(state: State, socketIsLost: boolean): void {
  const { is } = state.link;
  if (is === 'off') return;
  if (is === 'waiting') state.attempt -= 1;
  if (is === 'waiting' || socketIsLost) hold(state);
}
