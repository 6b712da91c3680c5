// Where access tokens come from, as the connection sees it.

export interface TokenRequest {
  /** A stored token is not good enough. */
  forceRefresh: boolean;
  /**
   * `connect`: for a new connection. `auth_required`: the server wants a fresh one on the connection that is open.
   * `rejected`: the last one was refused, or has expired.
   */
  reason: 'connect' | 'auth_required' | 'rejected';
  /** The token that was used last and is not good any more; any other one that is valid will do. */
  staleToken: string | null;
  /** Aborted when the answer is not needed any more, at the latest after 8 s; a late answer does not count. */
  signal: AbortSignal;
}

/** Gives an access token. Whatever it throws is retried with jitter, but `Unauthorized`. */
export type GetToken = (request: TokenRequest) => string | Promise<string>;

/** Thrown by `getToken`: nobody is signed in any more, and the connection ends. Known by its name, not by its class. */
export class Unauthorized extends Error {
  override readonly name = 'Unauthorized';
}

/** A page may have two copies of this package, each with a class of its own. */
export const isUnauthorized = (error: unknown) => (error as Error | null)?.name === 'Unauthorized';

/** The token in localStorage, which somebody else puts there and renews. */
export const localStorageToken: GetToken = ({ staleToken }) => {
  const token = localStorage.getItem('access_token');
  if (!token || token === staleToken) throw new Unauthorized('No access_token');
  return token;
};
