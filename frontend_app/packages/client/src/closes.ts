// What a close of the socket means: one table, judged by code and reason.

/** Why a connection was lost: what the server's close said, or code 0 and what this client found. */
export interface Reason {
  code: number;
  reason: string;
}

/** Why it ended for good. */
export interface Ending extends Reason {
  /** What the person can do about it. */
  action: 'sign_in' | 'try_again' | 'leave';
}

export interface Verdict {
  /**
   * `retry`: connect again with back-off, without end. `refresh`: with a forced refresh of the token, at once.
   * `anew`: with back-off, in a new session. The last two are done once in a row: a second time means `stop`.
   */
  kind: 'retry' | 'refresh' | 'anew' | 'stop';
  action: Ending['action'];
}

const RETRY: Verdict = { kind: 'retry', action: 'try_again' };
const REFRESH: Verdict = { kind: 'refresh', action: 'sign_in' };
const SIGN_IN: Verdict = { kind: 'stop', action: 'sign_in' };
const FAULT: Verdict = { kind: 'stop', action: 'try_again' };

/** 1008: most of them mean that the person has to sign in again. */
const POLICY: Record<string, Verdict> = {
  'Authentication timeout': REFRESH,
  'Re-authentication timeout': REFRESH,
  // Another connection of this person took the session over: both may go on, each with its own.
  'Session moved': { kind: 'anew', action: 'try_again' },
  'Too many invalid messages': FAULT,
  'Too many messages': FAULT,
  'Not allowed': { kind: 'stop', action: 'leave' },
};

const FAULT_CODES = [1002, 1003, 1007, 1009];

/**
 * `requested` is the action that the server's `closing` frame asks for, and decides; the table only says more exactly
 * how. A forced refresh is a sign-in without the person.
 */
export function judgeClose(code: number, reason: string, requested?: string): Verdict {
  const known =
    code === 1008 ? (POLICY[reason] ?? SIGN_IN) : FAULT_CODES.includes(code) ? FAULT : RETRY;
  if (requested === 'reconnect' && known.kind === 'stop') return RETRY;
  if (requested === 'sign_in' && known.kind !== 'refresh') return SIGN_IN;
  if (requested === 'stop' && known.action !== 'leave') return FAULT;
  return known;
}
