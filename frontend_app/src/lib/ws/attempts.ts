// From nothing to an `auth` on the wire, and what follows when that fails. There is one way to open a socket: the
// `token` of reduce.ts, which `attempt` asks for.
// These functions change the state of the turn that they are given; see reduce.ts.

import { fullJitter, LONGEST_WAIT } from './backoff';
import { type Ending, judgeClose } from './closes';
import { positionOf } from './history';
import type { Closing } from './protocol';
import type { SentAuth, State } from './state';

export const TOKEN_LIMIT = 8_000;
export const OPEN_LIMIT = 10_000;
const AUTH_LIMIT = 5_000;

/** Every attempt asks the token source: the last token may be old. */
export function attempt(state: State): void {
  state.wish = { fresh: state.fresh, not: state.fresh ? state.token : null };
  state.link = { is: 'seeking', until: state.now + TOKEN_LIMIT };
}

export function opened(state: State): void {
  const auth = sendAuth(state, state.session && { session: state.session.id });
  state.link = { is: 'authenticating', until: state.now + AUTH_LIMIT, auth };
}

/** Puts an `auth` on the wire that goes on from where this client is. */
export function sendAuth(state: State, resumed?: { session: string } | null): SentAuth {
  const { id, token, history } = state;
  const payload = { token: token ?? '', ...resumed, ...positionOf(history) };
  state.frames.push({ type: 'auth', id, payload });
  return { id, revision: history.revision };
}

/** No token or no answer to the `auth`. */
export function failedProof(state: State): void {
  state.authFailures += 1;
  if (state.authFailures < state.maxAuthAttempts) hold(state);
  else giveUp(state, 'try_again');
}

/** An end that is not the server's doing. */
export function giveUp(state: State, action: Ending['action']): void {
  stop(state, { code: 0, reason: '', action });
}

/** What the socket says of its close, and what the server has said about it before. */
type Close = Pick<Closing, 'code' | 'reason'> & Partial<Closing>;

export function closed(state: State, { code, reason, ...closing }: Close): void {
  const { is, action } = judgeClose(code, reason, closing.action);
  state.connection = closing.connection ?? state.connection;
  hold(state, closing.retry_after_ms ?? 0);
  if (is === 'retry') return;
  if (is === 'stop' || state.mended) return stop(state, { code, reason, action });
  state.mended = true;
  if (is === 'anew') {
    state.session = null;
    return;
  }
  state.fresh = true;
  if (state.now >= state.notBefore) attempt(state);
}

/**
 * Waits for the next attempt: for a while (as long as the server asked for, or longer), or until somebody looks, or for
 * the network.
 */
export function hold(state: State, atLeast = 0): void {
  const { link, now } = state;
  if (link.is === 'authenticated' && (link.reauthSince ?? now) >= link.stableAt) forgive(state);
  state.attempt += 1;
  state.outageSince ??= now;
  state.wish = null;
  state.notBefore = Math.max(state.notBefore, now + atLeast);
  const wait = state.offline ? LONGEST_WAIT : fullJitter(state.attempt, state.dice);
  const until = Math.max(now + wait, state.notBefore);
  state.link = { is: 'waiting', until: state.hidden ? Number.POSITIVE_INFINITY : until };
}

/** Past troubles do not count any more. */
export function forgive(state: State): void {
  state.attempt = 0;
  state.mended = false;
}

/** Ends for good; only the person starts again. */
export function stop(state: State, ending: Ending | null): void {
  if (state.link.is === 'disconnected') return;
  state.ending = ending;
  state.outageSince = null;
  state.wish = null;
  state.link = { is: 'disconnected', until: Number.POSITIVE_INFINITY };
}
