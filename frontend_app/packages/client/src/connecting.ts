// From the request for a token to the first `auth`, and what follows when that fails. A socket is opened in one place
// only: the handler of `token` in reduce.ts, which `startAttempt` leads to.

import { fullJitter, MAX_BACKOFF } from './backoff.ts';
import { type Ending, judgeClose, type Reason } from './closes.ts';
import { positionOf } from './history.ts';
import type { Closing } from './protocol.ts';
import type { Draft, SentAuth } from './state.ts';

export const TOKEN_TIMEOUT = 8_000;
export const OPEN_TIMEOUT = 10_000;
const AUTH_TIMEOUT = 5_000;

/** Every attempt asks the token source: the last token may be old. */
export function startAttempt(draft: Draft): void {
  const { forceRefresh } = draft;
  draft.tokenRequest = {
    forceRefresh,
    reason: forceRefresh ? 'rejected' : 'connect',
    staleToken: forceRefresh ? draft.token : null,
  };
  draft.connection = { kind: 'fetching_token', until: draft.now + TOKEN_TIMEOUT };
}

export function onOpened(draft: Draft): void {
  const { session } = draft;
  const auth = sendAuth(draft, session && { session: session.id });
  draft.connection = { kind: 'authenticating', until: draft.now + AUTH_TIMEOUT, auth };
}

/** Sends an `auth` that names the position of this client's history, to be given what came after it. */
export function sendAuth(draft: Draft, resumed?: { session: string } | null): SentAuth {
  const { newId: id, history } = draft;
  const payload = { token: draft.token ?? '', ...resumed, ...positionOf(history) };
  draft.frames.push({ type: 'auth', id, payload });
  return { id, revision: history.revision };
}

/** The server did not answer the `auth` in time. */
export function authTimedOut(draft: Draft): void {
  const reason = 'No answer to auth';
  draft.authFailures += 1;
  if (draft.authFailures < draft.maxAuthAttempts) backOff(draft, reason);
  else giveUp(draft, reason, 'try_again');
}

/** Ends for good without a close of the server. */
export function giveUp(draft: Draft, reason: string, action: Ending['action']): void {
  stop(draft, { code: 0, reason, action });
}

/** What the close event of a socket says, or the server's `closing` frame before it, which says more. */
type Close = Reason & Partial<Closing>;

export function onClosed(draft: Draft, { code, reason, ...closing }: Close): void {
  const { kind, action } = judgeClose(code, reason, closing.action);
  draft.connectionId = closing.connection ?? draft.connectionId;
  backOff(draft, reason, closing.retry_after_ms ?? 0, code);
  if (kind === 'retry') return;
  if (kind === 'stop' || draft.retriedOnce) return stop(draft, { code, reason, action });
  draft.retriedOnce = true;
  if (kind === 'anew') {
    draft.session = null;
    return;
  }
  draft.forceRefresh = true;
  if (draft.now >= draft.notBefore) startAttempt(draft);
}

/**
 * Gives the socket up and waits for the next attempt: for a jittered time (at least as long as the server asked for),
 * or until the page is visible again, or for the network.
 */
export function backOff(draft: Draft, reason: string, atLeast = 0, code = 0): void {
  const { connection, now } = draft;
  draft.reason = { code, reason };
  if (connection.kind === 'authenticated' && (connection.reauthSince ?? now) >= connection.stableAt)
    resetFailures(draft);
  draft.attempts += 1;
  draft.outageSince ??= now;
  draft.tokenRequest = null;
  draft.notBefore = Math.max(draft.notBefore, now + atLeast);
  const delay = draft.offline ? MAX_BACKOFF : fullJitter(draft.attempts, draft.random);
  const until = draft.hidden ? Number.POSITIVE_INFINITY : Math.max(now + delay, draft.notBefore);
  draft.connection = { kind: 'waiting', until };
}

/** Past failures do not count any more. */
export function resetFailures(draft: Draft): void {
  draft.attempts = 0;
  draft.retriedOnce = false;
}

/** Ends for good; only the person starts again. */
export function stop(draft: Draft, ending: Ending | null): void {
  if (draft.connection.kind === 'disconnected') return;
  draft.ending = ending;
  draft.reason = ending ?? { code: 0, reason: 'Disconnected' };
  draft.tokenRequest = null;
  draft.outageSince = null;
  draft.presence = null;
  draft.connection = { kind: 'disconnected', until: Number.POSITIVE_INFINITY };
}
