// The authenticated connection: updates, re-authentication in place, the heartbeat, and messages on their way.
// These functions change the state of the turn that they are given; see reduce.ts.

import { hold, nextId, sendAuth, signedOut, TOKEN_LIMIT } from './attempts';
import { fullJitter, spread } from './backoff';
import { absorb, leavesGap, newsOf } from './history';
import { age, recall, refuse, settle, takeDue } from './outbox';
import type {
  AuthRequiredPayload,
  ErrorPayload,
  RecipeUpdatePayload,
  ServerFrame,
} from './protocol';
import type { Live, Reauth, State } from './state';

const USUAL_GRACE = 30_000;
const SILENCE = 25_000;
const PROBE = 10_000;
const STABLE_AFTER = 10_000;

export function received(state: State, frame: ServerFrame): void {
  switch (frame.type) {
    case 'recipe_update':
      return updated(state, frame.payload);
    case 'auth_required':
      return authRequired(state, frame.payload, frame.timestamp);
    case 'error':
      return refused(state, frame.payload);
    case 'pong':
      return;
    default:
      frame satisfies never;
  }
}

function updated(state: State, update: RecipeUpdatePayload): void {
  const { link } = state;
  if (link.is === 'proving') goLive(state);
  else if (link.is !== 'live') return;
  else if (link.authId && update.in_reply_to === link.authId) authAnswered(state, link);
  else if (leavesGap(state.history, update)) return askForGap(state, link);
  state.session = update.session ?? state.session;
  state.history = absorb(state.history, update, state.now);
  state.outbox = settle(state.outbox, newsOf(update), state.session?.user.id);
}

function goLive(state: State): void {
  const { now } = state;
  const [until, stableAt] = [now + SILENCE, now + STABLE_AFTER];
  state.link = { is: 'live', until, probing: false, stableAt, authId: null, reauth: null };
  state.proven = true;
  state.authFailures = 0;
  state.outageSince = null;
  // What was on the wire before may not have arrived.
  state.outbox = recall(state.outbox);
}

function authAnswered(state: State, link: Live): void {
  if (link.reauth) state.mended = false;
  link.authId = link.reauth = null;
}

/** An `auth` with our revision is answered by what is missing; a running re-authentication does that anyway. */
function askForGap(state: State, link: Live): void {
  if (!link.reauth && !link.authId) link.authId = sendAuth(state, state.token ?? '');
}

function authRequired(state: State, { expires_at }: AuthRequiredPayload, sentAt: string): void {
  const { link, now } = state;
  if (link.is !== 'live' || link.reauth) return;
  // The difference of two of the server's own times: our clock may be wrong.
  const grace = Date.parse(expires_at) - Date.parse(sentAt);
  link.authId = null;
  askAgain(state, link, {
    since: now,
    deadline: now + (grace > 0 ? grace : USUAL_GRACE),
    tries: 0,
    nextTry: 0,
  });
}

/** Asks for a token other than the one in use, and anew when the source hangs. */
function askAgain(state: State, link: Live, reauth: Reauth): void {
  state.wish = { fresh: true, not: state.token };
  link.reauth = { ...reauth, tries: reauth.tries + 1, nextTry: state.now + TOKEN_LIMIT };
}

export function tokenForReauth(state: State, link: Live, token: string): void {
  if (token === state.token) return noTokenForReauth(state, link, 'unavailable');
  state.wish = null;
  link.authId = sendAuth(state, token);
  if (link.reauth) link.reauth = { ...link.reauth, nextTry: Number.POSITIVE_INFINITY };
}

export function noTokenForReauth(state: State, link: Live, why: string): void {
  if (why === 'denied') return signedOut(state);
  const { now, dice } = state;
  state.wish = null;
  if (!link.reauth) return;
  const nextTry = now + fullJitter(link.reauth.tries - 1, dice);
  link.reauth = { ...link.reauth, nextTry };
}

function refused(state: State, error: ErrorPayload): void {
  const { outbox, now, dice } = state;
  const pause =
    error.retry_after_ms == null
      ? fullJitter(outbox.refusals, dice)
      : spread(error.retry_after_ms, dice);
  state.outbox = refuse(outbox, error, now + pause);
}

/** Sends what is due, as far as the connection and the server's wishes allow. */
export function flush(state: State): void {
  if (state.link.is !== 'live') return;
  const [due, outbox] = takeDue(age(state.outbox, state.now), state.now);
  state.outbox = outbox;
  for (const { id, content } of due) {
    state.frames.push({ type: 'chat_message', id, payload: { content } });
  }
}

/** Something came in: the link is alive. */
export function heard(state: State): void {
  const { link, now } = state;
  if (link.is !== 'live') return;
  link.until = now + SILENCE;
  link.probing = false;
}

/** What the time brings. Judged by the clock, not by the timer: timers of hidden pages come late. */
export function liveTime(state: State, link: Live): void {
  const { now } = state;
  const { reauth } = link;
  if (now >= link.stableAt) {
    state.attempt = 0;
    if (!reauth) state.mended = false;
    link.stableAt = Number.POSITIVE_INFINITY;
  }
  if (reauth && now >= reauth.nextTry) {
    // After the deadline the server closes, and we open again.
    if (now < reauth.deadline) askAgain(state, link, reauth);
    else link.reauth = { ...reauth, nextTry: Number.POSITIVE_INFINITY };
  }
  if (now < link.until) return;
  if (link.probing) hold(state);
  else probe(state, link, PROBE);
}

export function probe(state: State, link: Live, limit: number): void {
  state.frames.push({ type: 'ping', id: nextId(state), payload: {} });
  link.probing = true;
  link.until = state.now + limit;
}
