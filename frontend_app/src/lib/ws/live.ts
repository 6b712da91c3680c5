// The authenticated connection: updates, re-authentication in place, the heartbeat, and messages on their way.
// These functions change the state of the turn that they are given; see reduce.ts.

import { forgive, hold, sendAuth, TOKEN_LIMIT } from './attempts';
import { absorb, leavesGap, newsOf } from './history';
import { age, recall, refuse, settle, takeDue } from './outbox';
import type { RecipeUpdatePayload, ServerFrame } from './protocol';
import type { Live, State } from './state';

const SILENCE = 25_000;
const PROBE = 10_000;
const STABLE_AFTER = 10_000;

type PayloadOf<Type> = Extract<ServerFrame, { type: Type }>['payload'];

/** What each kind of frame does, by its payload and the time that the server wrote on it. */
export const received: {
  [Type in ServerFrame['type']]: (state: State, payload: PayloadOf<Type>, sentAt: string) => void;
} = {
  recipe_update: updated,
  auth_required: authRequired,
  error: refuse,
  pong() {},
  closing() {},
};

function updated(state: State, update: RecipeUpdatePayload): void {
  const { link } = state;
  if (link.is === 'authenticating') goLive(state);
  else if (link.is !== 'authenticated') return;
  else if (link.authId && update.in_reply_to === link.authId) authAnswered(state, link);
  else if (leavesGap(state.history, update)) return askForGap(state, link);
  state.session = update.session ?? state.session;
  state.history = absorb(state.history, update, state.now);
  settle(state, newsOf(update));
}

function goLive(state: State): void {
  state.link = {
    is: 'authenticated',
    until: state.now + SILENCE,
    stableAt: state.now + STABLE_AFTER,
    reauthSince: null,
    deadline: 0,
    nextTry: Number.POSITIVE_INFINITY,
  };
  state.proven = true;
  state.authFailures = 0;
  state.outageSince = null;
  // What was on the wire before may not have arrived.
  state.outbox = recall(state.outbox);
}

function authAnswered(state: State, link: Live): void {
  if (link.reauthSince !== null) forgive(state);
  link.authId = link.reauthSince = null;
}

/** An `auth` with our revision is answered by what is missing; a running re-authentication does that anyway. */
function askForGap(state: State, link: Live): void {
  if (link.reauthSince === null) link.authId ??= sendAuth(state);
}

function authRequired(
  state: State,
  { expires_at }: PayloadOf<'auth_required'>,
  sentAt: string,
): void {
  const { link, now } = state;
  if (link.is !== 'authenticated' || link.reauthSince !== null) return;
  // The difference of two of the server's own times: our clock may be wrong.
  link.deadline = now + Date.parse(expires_at) - Date.parse(sentAt);
  link.reauthSince = now;
  link.authId = null;
  askAgain(state, link);
}

/** Asks for a token other than the one in use, and anew when the source hangs. */
function askAgain(state: State, link: Live): void {
  state.wish = { fresh: true, not: state.token };
  link.nextTry = state.now + TOKEN_LIMIT;
}

/** Sends what is due, as far as the connection and the server's wishes allow. */
export function flush(state: State): void {
  if (state.link.is !== 'authenticated') return;
  state.outbox = age(state.outbox, state.now);
  for (const { id, content } of takeDue(state))
    state.frames.push({ type: 'chat_message', id, payload: { content } });
}

/** Something came in: the link is alive. */
export function heard({ link, now }: State): void {
  if (link.is !== 'authenticated') return;
  link.until = now + SILENCE;
  link.probing = false;
}

/** What the time brings. Judged by the clock, not by the timer: timers of hidden pages come late. */
export function liveTime(state: State, link: Live): void {
  const { now } = state;
  // After the deadline the server closes, and we open again.
  if (now >= link.deadline) link.nextTry = Number.POSITIVE_INFINITY;
  else if (now >= link.nextTry) askAgain(state, link);
  if (now < link.until) return;
  if (link.probing) hold(state);
  else probe(state, link, PROBE);
}

export function probe({ frames, id, now }: State, link: Live, limit: number): void {
  frames.push({ type: 'ping', id, payload: {} });
  link.probing = true;
  link.until = now + limit;
}
