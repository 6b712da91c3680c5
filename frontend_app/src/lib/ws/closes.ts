// What a close of the socket means: one table, judged by code and reason.

export type Ending = {
  code: number;
  reason: string;
  /** What the person can do about it. */
  action: 'sign_in' | 'try_again' | 'leave';
};

export interface Verdict {
  /**
   * `retry`: open again with backoff, for ever. `refresh`: with a forced refresh of the token, at once. `anew`: with
   * backoff, and a new session. The last two once in a row: a second time means `stop`.
   */
  is: 'retry' | 'refresh' | 'anew' | 'stop';
  action: Ending['action'];
}

const RETRY: Verdict = { is: 'retry', action: 'try_again' };
const REFRESH: Verdict = { is: 'refresh', action: 'sign_in' };
const SIGN_IN: Verdict = { is: 'stop', action: 'sign_in' };
const FAULT: Verdict = { is: 'stop', action: 'try_again' };

/** 1008: most of them mean that the person has to sign in again. */
const POLICY: Record<string, Verdict | null> = {
  __proto__: null,
  'Authentication timeout': REFRESH,
  'Re-authentication timeout': REFRESH,
  // Another connection of this person took it over: both may go on, each with its own.
  'Session moved': { is: 'anew', action: 'try_again' },
  'Too many invalid messages': FAULT,
  'Too many messages': FAULT,
  'Not allowed': { is: 'stop', action: 'leave' },
};

const FAULTS = [1002, 1003, 1007, 1009];

/**
 * `wish` is what the server asked for in so many words; the table only knows more exactly how. A forced refresh is a
 * sign-in without the person.
 */
export function judgeClose(code: number, reason: string, wish?: string): Verdict {
  const known = code === 1008 ? (POLICY[reason] ?? SIGN_IN) : FAULTS.includes(code) ? FAULT : RETRY;
  const { is, action } = known;
  switch (wish) {
    case 'reconnect':
      return is === 'stop' ? RETRY : known;
    case 'sign_in':
      return is === 'refresh' ? known : SIGN_IN;
    case 'stop':
      return { is: 'stop', action: action === 'leave' ? action : 'try_again' };
    default:
      return known;
  }
}
