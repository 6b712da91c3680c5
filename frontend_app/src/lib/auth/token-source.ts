// Where access tokens come from, as the connection sees it.

export interface TokenWish {
  /** A stored token is not good enough. */
  fresh: boolean;
  /** The token that was used last and is not good any more; any other one that is valid will do. */
  not: string | null;
  /** Whoever asked has left; a source may give up, and need not: a late answer is not listened to. */
  signal?: AbortSignal;
}

export interface TokenSource {
  get(wish: TokenWish): Promise<string>;
}

/** `denied`: the person has to sign in again. `unavailable`: nobody could be asked; another try may succeed. */
type Why = 'denied' | 'unavailable';

export class TokenError extends Error {
  declare readonly message: Why;
}

/** A source that throws anything else is broken. */
export function reasonOf(error: unknown): Why | 'broken' {
  return error instanceof TokenError ? error.message : 'broken';
}

/** The token that somebody puts into localStorage, and only they renew. */
export const keptToken: TokenSource = {
  async get({ not }) {
    const token = localStorage.getItem('access_token');
    if (!token || token === not) throw new TokenError('denied');
    return token;
  },
};
