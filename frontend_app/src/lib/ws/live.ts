// The authenticated connection: updates, re-authentication in place, the heartbeat, and messages on their way.
// These functions change the state of the turn that they are given; see reduce.ts.

import { attempt, closed, forgive, hold, sendAuth, TOKEN_LIMIT } from './attempts';
import { absorb, isAstray, newsOf, startOver } from './history';
import { age, recall, refuse, settle, takeDue } from './outbox';
import type { RecipeUpdatePayload, ServerFrame, Session } from './protocol';
import type { Authenticating, Live, SentAuth, State } from './state';

const SILENCE = 25_000;
const PROBE = 10_000;
const WAKE_PROBE = 3_000;
const STABLE_AFTER = 10_000;

type PayloadOf<Type> = Extract<ServerFrame, { type: Type }>['payload'];

/** What each kind of frame does, by its payload and the time that the server wrote on it. */
export const received: {
  [Type in ServerFrame['type']]: (state: State, payload: PayloadOf<Type>, sentAt: string) => void;
} = {
  recipe_update: updated,
  auth_required: authRequired,
  error: refused,
  pong() {},
  // The close itself may come late, or never.
  closing: closed,
};

function updated(state: State, update: RecipeUpdatePayload, sentAt: string): void {
  const { link } = state;
  if (link.is !== 'authenticating' && link.is !== 'authenticated') return;
  const { auth } = link;
  const isAnswer = auth && (link.is === 'authenticating' || update.in_reply_to === auth.id);
  if (isAnswer) authAnswered(state, link, auth, update);
  else if (link.is === 'authenticated' && isAstray(state.history, update))
    return askForGap(state, link);
  if (update.session) sessionTold(state, update.session, sentAt);
  state.history = absorb(state.history, update, state.now);
  settle(state, newsOf(update));
}

function sessionTold(state: State, session: Session, sentAt: string): void {
  state.session = session;
  state.connection = session.connection ?? state.connection;
  if (state.link.is === 'authenticated')
    state.link.tokenEnd = byOurClock(state, session.expires_at, sentAt);
}

/** A time of the server's by our clock, which may be wrong: only the difference of two of the server's own counts. */
function byOurClock({ now }: State, time: string, sentAt: string): number {
  return now + Date.parse(time) - Date.parse(sentAt);
}

function goLive(state: State): void {
  state.link = {
    is: 'authenticated',
    until: state.now + SILENCE,
    stableAt: state.now + STABLE_AFTER,
    reauthSince: null,
    deadline: 0,
    tokenEnd: Number.POSITIVE_INFINITY,
    nextTry: Number.POSITIVE_INFINITY,
  };
  state.proven = true;
  state.authFailures = 0;
  state.outageSince = null;
  // What was on the wire before may not have arrived.
  state.outbox = recall(state.outbox);
}

/** The server's word stands, also when it knows less than this client: it may have gone back to a backup. */
function authAnswered(
  state: State,
  link: Live | Authenticating,
  { revision }: SentAuth,
  update: RecipeUpdatePayload,
): void {
  if (link.is === 'authenticating') goLive(state);
  else {
    if (link.reauthSince !== null) forgive(state);
    link.auth = link.reauthSince = null;
  }
  const isBehind = update.revision < (revision ?? 0);
  if (isBehind || update.recovered === false) state.history = startOver(state.history);
}

/** An `auth` with our revision is answered by what is missing; a running re-authentication does that anyway. */
function askForGap(state: State, link: Live): void {
  if (link.reauthSince === null) link.auth ??= sendAuth(state);
}

function authRequired(
  state: State,
  { expires_at }: PayloadOf<'auth_required'>,
  sentAt: string,
): void {
  const { link, now } = state;
  if (link.is !== 'authenticated' || link.reauthSince !== null) return;
  link.deadline = byOurClock(state, expires_at, sentAt);
  link.reauthSince = now;
  link.auth = null;
  askAgain(state, link);
}

/** Asks for a token other than the one in use, and anew when the source hangs. */
function askAgain(state: State, link: Live): void {
  state.wish = { fresh: true, not: state.token };
  link.nextTry = state.now + TOKEN_LIMIT;
}

function refused(state: State, error: PayloadOf<'error'>): void {
  const { link } = state;
  // Nothing else answers this `auth`; a new connection begins with one.
  if (link.is === 'authenticated' && link.auth && error.in_reply_to === link.auth.id) hold(state);
  else refuse(state, error);
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

/**
 * After a sleep, or an absence: a connection whose token has ended meanwhile is over, whatever the socket says; any
 * other has to answer soon.
 */
export function wake(state: State, link: Live): void {
  if (state.now < link.tokenEnd || Number.isNaN(link.tokenEnd))
    return probe(state, link, WAKE_PROBE);
  state.fresh = true;
  hold(state);
  if (!state.hidden) attempt(state);
}

function probe({ frames, id, now }: State, link: Live, limit: number): void {
  frames.push({ type: 'ping', id, payload: {} });
  link.probing = true;
  link.until = now + limit;
}
