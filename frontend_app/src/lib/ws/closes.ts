// What a close of the socket means: one table, judged by code and reason.

export type Ending = {
  code: number;
  reason: string;
  /** What the person can do about it. */
  action: 'sign_in' | 'try_again' | 'leave';
};

export type Verdict =
  /** Open again with backoff. */
  | { is: 'retry' }
  /** One forced refresh of the token, then open at once. */
  | { is: 'refresh' }
  | { is: 'stop'; action: Ending['action'] };

const REFRESH_REASONS = ['Authentication timeout', 'Re-authentication timeout'];

/** Policy closes (1008) that signing in again cannot mend. */
const LEAVE_REASONS = ['Not allowed'];
const RETRY_REASONS = ['Too many invalid messages', 'Session moved'];

export function judgeClose(code: number, reason: string): Verdict {
  switch (code) {
    case 1008:
      if (REFRESH_REASONS.includes(reason)) return { is: 'refresh' };
      if (LEAVE_REASONS.includes(reason)) return { is: 'stop', action: 'leave' };
      return { is: 'stop', action: RETRY_REASONS.includes(reason) ? 'try_again' : 'sign_in' };
    case 1002:
    case 1003:
    case 1007:
    case 1009:
      return { is: 'stop', action: 'try_again' };
    default:
      return { is: 'retry' };
  }
}
