// The client's rules: a state and an event go in, the next state comes out. Reads no clock, no socket, no storage and
// no random numbers: what it needs of them comes in the context.
//
//                  connect, retry_now
//  disconnected ───────────────────────► fetching_token ────── no token ─────────────────┐
//       ▲                                   │ token  ▲                                   │
//       │                                   ▼        │ timer, resumed, retry_now         │
//       │                               connecting ──┼────── not open in time, closed ───┤
//       │                                   │ opened │                                   │
//       │                                   ▼        └────── waiting ◄───────────────────┤
//       │                             authenticating ─────── no answer in time, closed ──┤
//       │                                   │ recipe_update                              │
//       │                                   ▼                                            │
//       │                             authenticated ──────── no pong in time, closed ────┘
//       │                                   │   ▲
//       │                                   └───┘ auth_required, a gap in the revisions: another auth
//       │
//    from every state: disconnect, token denied, a final close, too many attempts without an answer to auth
//
// `waiting` is the back-off before the next attempt. `suspended` leads there from every state but `disconnected`. It is
// skipped after a close that asks for a forced refresh, and after a sleep in which the token expired.
// A turn has a draft of its own (see `Draft`); no state that was handed out before is changed.

import { checkAfterSleep, frameHandlers, onActivity, onTimer } from './authenticated.ts';
import { fullJitter } from './backoff.ts';
import {
  authTimedOut,
  backOff,
  giveUp,
  OPEN_TIMEOUT,
  onClosed,
  onOpened,
  resetFailures,
  sendAuth,
  startAttempt,
  stop,
} from './connecting.ts';
import type { Context } from './context.ts';
import { sendDue } from './delivery.ts';
import { withOlder } from './history.ts';
import { add, remove, requeueFailed, restore } from './outbox.ts';
import {
  type Draft,
  EMPTY_RECIPE_FIELDS,
  type Event,
  type EventHandlers,
  type State,
  type Turn,
} from './state.ts';

/** `typing` is sent at most this often: the server ignores more. */
const TYPING_INTERVAL = 3_000;
/** While something is waited for, a `timer` event comes at least this often, so that a sleep is noticed soon. */
export const MAX_TIMER_DELAY = 10_000;
/** A timer that is later than this did not run: the machine slept. Timers of hidden pages are late too. */
const MAX_TIMER_LAG = 5_000;

const NO_TOKEN = 'No token';

export function reduce(before: State, event: Event, context: Context): Turn {
  const draft = draftOf(before, context);
  const { connection, now } = draft;
  if (event.kind !== 'resumed' && hasSlept(before, now) && connection.kind === 'authenticated')
    checkAfterSleep(draft, connection);
  handlers[event.kind](draft, event as never);
  sendDue(draft);
  return draft;
}

function draftOf(before: State, context: Context): Draft {
  const clockOffset = Math.max(before.clockOffset, before.now - context.now);
  return {
    ...before,
    ...context,
    now: context.now + clockOffset,
    clockOffset,
    connection: { ...before.connection },
    frames: [],
  };
}

/** The system clock goes on while the machine sleeps, timers do not. */
function hasSlept(before: State, now: number): boolean {
  const expected = Math.min(nextTimer(before), before.now + MAX_TIMER_DELAY);
  return now > expected + MAX_TIMER_LAG;
}

/** When the state wants a `timer` event; Infinity for never. */
export function nextTimer({ connection, pausedUntil, now }: State): number {
  if (connection.kind !== 'authenticated') return connection.until;
  const next = Math.min(connection.until, connection.nextTokenRequest);
  return pausedUntil > now ? Math.min(next, pausedUntil) : next;
}

const handlers: EventHandlers = {
  connect(draft, { recipeId }) {
    if (recipeId !== draft.recipeId) Object.assign(draft, EMPTY_RECIPE_FIELDS);
    draft.recipeId = recipeId;
    startAnew(draft);
  },
  disconnect: draft => stop(draft, null),
  retry_now: retryNow,
  opened: onOpened,
  closed: onClosed,
  frame(draft, { frame }) {
    onActivity(draft);
    if (frame) frameHandlers[frame.type](draft, frame.payload as never, frame.timestamp);
    else draft.invalidFrames += 1;
  },
  /** For a re-authentication, or for the next socket: nothing else opens one. */
  token(draft, { token }) {
    const { connection, now } = draft;
    const isReauth = connection.kind === 'authenticated';
    // The server wants another token than the one in use; a later request may get it.
    if (isReauth && token === draft.token) return noToken(draft);
    draft.tokenRequest = null;
    draft.token = token;
    if (isReauth) {
      connection.auth = sendAuth(draft);
      connection.nextTokenRequest = Number.POSITIVE_INFINITY;
    } else {
      draft.forceRefresh = false;
      draft.connection = { kind: 'connecting', until: now + OPEN_TIMEOUT };
    }
  },
  no_token(draft, { unauthorized }) {
    if (unauthorized) giveUp(draft, 'Unauthorized', 'sign_in');
    else noToken(draft);
  },
  timer(draft) {
    const { connection, now } = draft;
    if (connection.kind === 'authenticated') onTimer(draft, connection);
    else if (now < connection.until) return;
    else if (connection.kind === 'waiting') startAttempt(draft);
    else if (connection.kind === 'authenticating') authTimedOut(draft);
    else backOff(draft, connection.kind === 'connecting' ? 'No connection in time' : NO_TOKEN);
  },
  resumed(draft) {
    const { connection, now, notBefore, hidden } = draft;
    if (connection.kind === 'authenticated') checkAfterSleep(draft, connection);
    else if (connection.kind === 'disconnected' || hidden) return;
    else if (connection.kind === 'waiting' && now < notBefore) connection.until = notBefore;
    else retryNow(draft);
  },
  /** A page that is frozen or has no network gives its socket up; a hidden one keeps it, but makes no new attempt. */
  suspended(draft) {
    if (draft.connection.kind !== 'disconnected')
      backOff(draft, draft.offline ? 'Offline' : 'Suspended');
  },
  hidden({ connection }) {
    if (connection.kind === 'waiting') connection.until = Number.POSITIVE_INFINITY;
  },
  send(draft, { id, content }) {
    draft.outbox = add(draft.outbox, id, content, draft.now);
  },
  typing(draft) {
    const { connection, now, newId: id } = draft;
    // A server that tells nobody's presence does not know the frame, and counts it as an invalid message.
    if (connection.kind !== 'authenticated' || !draft.presence || now < draft.nextTyping) return;
    draft.nextTyping = now + TYPING_INTERVAL;
    draft.frames.push({ type: 'typing', id, payload: {} });
  },
  retry(draft, { id }) {
    draft.outbox = requeueFailed(draft.outbox, id, draft);
  },
  drop(draft, { id }) {
    draft.outbox = remove(draft.outbox, id);
  },
  restored(draft, { recipeId, messages }) {
    if (recipeId === draft.recipeId) draft.outbox = restore(draft.outbox, messages);
  },
  older(draft, { recipeId, messages }) {
    if (recipeId === draft.recipeId) draft.history = withOlder(draft.history, messages);
  },
};

/** Another attempt may succeed, whatever the reason was. */
function noToken(draft: Draft): void {
  const { connection } = draft;
  draft.tokenRequest = null;
  if (connection.kind !== 'authenticated') return backOff(draft, NO_TOKEN);
  draft.attempts += 1;
  connection.nextTokenRequest = draft.now + fullJitter(draft.attempts, draft.random);
}

function startAnew(draft: Draft): void {
  resetFailures(draft);
  draft.authFailures = 0;
  draft.forceRefresh = false;
  draft.ending = null;
  draft.outageSince ??= draft.now;
  startAttempt(draft);
}

/**
 * The next attempt starts now, and back-off anew. A socket that is still opening after failures is given up too: its
 * first packets may have been sent into a network that was not there.
 */
function retryNow(draft: Draft): void {
  const { kind } = draft.connection;
  if (kind === 'disconnected' && draft.recipeId) return startAnew(draft);
  const mayHang = kind === 'connecting' && draft.attempts > 0;
  if (kind !== 'waiting' && !mayHang) return;
  draft.attempts = 0;
  startAttempt(draft);
}
