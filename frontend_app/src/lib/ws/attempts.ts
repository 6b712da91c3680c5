// From nothing to an `auth` on the wire, and what follows when that fails. There is one way to open a socket: here.
// These functions change the state of the turn that they are given; see reduce.ts.

import { fullJitter, LONGEST_WAIT } from './backoff';
import { type Ending, judgeClose } from './closes';
import type { AuthPayload } from './protocol';
import type { State } from './state';

export const TOKEN_LIMIT = 8_000;
const OPEN_LIMIT = 10_000;
const AUTH_LIMIT = 5_000;

/** Every attempt asks the token source: the last token may be old. */
export function attempt(state: State): void {
  const { fresh, token, now } = state;
  state.wish = { fresh, not: fresh ? token : null };
  state.link = { is: 'seeking', until: now + TOKEN_LIMIT };
}

export function openSocket(state: State, token: string): void {
  state.wish = null;
  state.fresh = false;
  state.generation += 1;
  state.link = { is: 'opening', token, until: state.now + OPEN_LIMIT };
}

export function opened(state: State): void {
  const { link } = state;
  if (link.is !== 'opening') return;
  state.link = { is: 'proving', until: state.now + AUTH_LIMIT };
  const { session } = state;
  sendAuth(state, link.token, session && { session: session.id });
}

/** Puts an `auth` on the wire that goes on from where this client is. */
export function sendAuth(
  state: State,
  token: string,
  resumed?: { session: string } | null,
): string {
  const { revision } = state.history;
  const payload: AuthPayload = { token, ...resumed, ...(revision !== null && { revision }) };
  state.token = token;
  const id = nextId(state);
  state.frames.push({ type: 'auth', id, payload });
  return id;
}

export function nextId(state: State): string {
  state.count += 1;
  return `${state.prefix}-${state.count}`;
}

/** No token, no socket, or no answer to the `auth`, each in its time. */
export function outOfTime(state: State): void {
  if (state.link.is === 'opening') hold(state);
  else failedProof(state, state.link.is === 'seeking' ? 'No token' : 'Authentication timeout');
}

export function failedProof(state: State, reason: string): void {
  state.authFailures += 1;
  if (state.authFailures < state.maxAuthAttempts) hold(state);
  else stop(state, { code: 0, reason, action: 'try_again' });
}

export function signedOut(state: State): void {
  stop(state, { code: 0, reason: 'Signed out', action: 'sign_in' });
}

export function closed(state: State, code: number, reason: string): void {
  const { is, action } = judgeClose(code, reason);
  if (is === 'retry') return hold(state);
  if (is === 'stop' || state.mended) return stop(state, { code, reason, action });
  hold(state);
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
  state.attempt += 1;
  state.outageSince ??= state.now;
  state.wish = null;
  const wait = state.offline ? LONGEST_WAIT : fullJitter(state.attempt, state.dice);
  state.link = {
    is: 'waiting',
    until: state.now + (state.hidden ? Number.POSITIVE_INFINITY : wait),
  };
}

/** Ends for good; only the person starts again. */
export function stop(state: State, ending: Ending | null): void {
  if (state.link.is === 'off') return;
  state.outageSince = null;
  state.wish = null;
  state.link = { is: 'off', ending };
}
