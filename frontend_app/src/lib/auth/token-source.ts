// Where access tokens come from, as the connection sees it.

export interface TokenWish {
  /** A stored token is not good enough. */
  fresh: boolean;
  /** The token that was used last and is not good any more; any other one that is valid will do. */
  not: string | null;
  /** Whoever asked has left; a source may give up, and need not: a late answer is not listened to. */
  signal: AbortSignal;
}

export interface TokenSource {
  get(wish: TokenWish): Promise<string>;
}

/** The person has to sign in again. */
export class TokenDenied extends Error {
  override readonly name = 'TokenDenied';
}

/** Nobody could be asked; another try may succeed. */
export class TokenUnavailable extends Error {
  override readonly name = 'TokenUnavailable';
}
