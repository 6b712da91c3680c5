// From nothing to an `auth` on the wire, and what follows when that fails. There is one way to open a socket: the
// `token` of reduce.ts, which `attempt` asks for.
// These functions change the state of the turn that they are given; see reduce.ts.

import { fullJitter, LONGEST_WAIT } from './backoff';
import { type Ending, judgeClose } from './closes';
import type { State } from './state';

export const TOKEN_LIMIT = 8_000;
export const OPEN_LIMIT = 10_000;
const AUTH_LIMIT = 5_000;

/** Every attempt asks the token source: the last token may be old. */
export function attempt(state: State): void {
  state.wish = { fresh: state.fresh, not: state.fresh ? state.token : null };
  state.link = { is: 'seeking', until: state.now + TOKEN_LIMIT };
}

export function opened(state: State): void {
  state.link = { is: 'authenticating', until: state.now + AUTH_LIMIT };
  sendAuth(state, state.session && { session: state.session.id });
}

/** Puts an `auth` on the wire that goes on from where this client is. */
export function sendAuth(state: State, resumed?: { session: string } | null): string {
  const { id, token, history } = state;
  const { revision } = history;
  const payload = { token: token ?? '', ...resumed, ...(revision !== null && { revision }) };
  state.frames.push({ type: 'auth', id, payload });
  return id;
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

export function closed(state: State, { code, reason }: { code: number; reason: string }): void {
  const { is, action } = judgeClose(code, reason);
  hold(state);
  if (is === 'retry') return;
  if (is === 'stop' || state.mended) return stop(state, { code, reason, action });
  state.mended = true;
  if (is === 'anew') {
    state.session = null;
    return;
  }
  state.fresh = true;
  attempt(state);
}

/** Waits for the next attempt: for a while, or until somebody looks, or for the network. */
export function hold(state: State): void {
  const { link, now } = state;
  if (link.is === 'authenticated' && (link.reauthSince ?? now) >= link.stableAt) forgive(state);
  state.attempt += 1;
  state.outageSince ??= now;
  state.wish = null;
  const wait = state.offline ? LONGEST_WAIT : fullJitter(state.attempt, state.dice);
  state.link = { is: 'waiting', until: state.hidden ? Number.POSITIVE_INFINITY : now + wait };
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
