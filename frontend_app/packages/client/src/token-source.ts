// Where access tokens come from, as the connection sees it.

export interface TokenRequest {
  /** A stored token is not good enough. */
  forceRefresh: boolean;
  /** The token that was used last and is not good any more; any other one that is valid will do. */
  staleToken: string | null;
  /** Aborted when the answer is not needed any more; a source may ignore it: a late answer does not count. */
  signal?: AbortSignal;
}

export interface TokenSource {
  get(request: TokenRequest): Promise<string>;
}

/** `denied`: the person has to sign in again. `unavailable`: nobody could be asked; another attempt may succeed. */
type Reason = 'denied' | 'unavailable';

export class TokenError extends Error {
  declare readonly message: Reason;
}

/** A source that throws anything else is broken. */
export function failureReason(error: unknown): Reason | 'broken' {
  return error instanceof TokenError ? error.message : 'broken';
}

/** The token in localStorage, which somebody else puts there and renews. */
export const localStorageToken: TokenSource = {
  async get({ staleToken }) {
    const token = localStorage.getItem('access_token');
    if (!token || token === staleToken) throw new TokenError('denied');
    return token;
  },
};
