// The HTTP calls of the web app: sign-in, sign-out, and what a recipe's page needs at first.
// Reads problem+json; a call whose token was refused is tried once more with a new one.

import { type ChatMessage, jsonText, Unauthorized } from '@recipe-chat/client';
import { clearOutboxes } from '@recipe-chat/client/indexed-db';
import type { StoredTokens, TokenPair } from './auth/stored-tokens';
import { forgetDrafts } from './drafts';
import { navigate } from './navigation';
import { forgetSets, removeStored } from './stored-set';

const REQUEST_TIMEOUT = 10_000;
/** What is kept in this browser for its person: kept-recipes.ts and notifications.ts. */
export const KEPT = 'kept:';

export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The login has ended: the person has to sign in again. */
export const isSignedOut = (error: unknown): boolean => error instanceof Unauthorized;

export interface Credentials {
  username: string;
  password: string;
}

export class Api {
  readonly #tokens: StoredTokens;
  #signingOut: Promise<unknown> = Promise.resolve();

  constructor(tokens: StoredTokens) {
    this.#tokens = tokens;
  }

  signIn(credentials: Credentials): Promise<void> {
    return this.#signInWith('/v1/auth/login', credentials);
  }

  signUp(credentials: Credentials): Promise<void> {
    return this.#signInWith('/v1/auth/register', credentials);
  }

  /** Goes on as the owner of this browser's refresh cookie, as the server knows them now. */
  switchToOther(): Promise<void> {
    return this.#tokens.switchToOther();
  }

  /** Goes on without an account of one's own, which can become one later. */
  guest(): Promise<void> {
    return this.#signInWith('/v1/auth/guest', {});
  }

  /**
   * Signs out here at once, whatever the server answers and when: a lost network must not keep anybody signed in. Whoever
   * signs in next waits until the server has answered, since its answer clears the cookie.
   */
  async signOut(): Promise<void> {
    const token = await this.#token().catch(() => undefined);
    const request = { method: 'POST', body: '{}', keepalive: true };
    this.#signingOut = send('/v1/auth/logout', request, token).catch(() => {});
    await this.forget();
  }

  /** Forgets here who was signed in, and all that was theirs. */
  async forget(): Promise<void> {
    // First, so that nothing is kept for them any more; and whoever signs in next does not begin in their recipe.
    this.#tokens.forget();
    navigate('/');
    await forgetPerson();
  }

  /** The messages right before a revision, oldest first. */
  async messages(id: string, before: number, limit: number): Promise<ChatMessage[]> {
    const path = `${recipePath(id)}/messages?before=${before}&limit=${limit}`;
    const answer = (await (await this.call(path)).json()) as { messages?: ChatMessage[] };
    return answer.messages ?? [];
  }

  /** A call as somebody who is not signed in. */
  async callAnonymously(path: string): Promise<Response> {
    const response = await send(path, {});
    if (!response.ok) throw await problemOf(response);
    return response;
  }

  async #signInWith(path: string, credentials: Partial<Credentials>): Promise<void> {
    await this.#signingOut;
    const response = await send(path, { method: 'POST', body: jsonText(credentials) });
    if (!response.ok) throw await problemOf(response);
    this.#tokens.accept((await response.json()) as TokenPair);
  }

  /** A call with the person's token; throws an ApiError unless the server accepts it. */
  async call(path: string, init: RequestInit = {}): Promise<Response> {
    const token = await this.#token();
    let response = await send(path, init, token);
    if (response.status === 401) response = await send(path, init, await this.#token(token));
    if (!response.ok) throw await problemOf(response);
    return response;
  }

  /** A new one, when the server has refused `staleToken`. */
  #token(staleToken: string | null = null): Promise<string> {
    return this.#tokens.get({ forceRefresh: staleToken !== null, staleToken });
  }
}

/** Nothing that the person wrote, ticked off or has read stays in this browser. */
async function forgetPerson(): Promise<void> {
  forgetDrafts();
  forgetSets();
  removeStored(KEPT);
  await clearOutboxes();
}

export const recipePath = (id: string) => `/v1/recipes/${encodeURIComponent(id)}`;

async function send(path: string, init: RequestInit, token?: string): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('accept', 'application/json');
  if (init.body && !headers.has('content-type')) headers.set('content-type', 'application/json');
  if (token) headers.set('authorization', `Bearer ${token}`);
  try {
    return await fetch(path, { ...init, headers, signal: AbortSignal.timeout(REQUEST_TIMEOUT) });
  } catch {
    throw new ApiError(0, '');
  }
}

async function problemOf(response: Response): Promise<ApiError> {
  const problem = (await response.json().catch(() => ({}))) as { title?: string; detail?: string };
  return new ApiError(response.status, problem.detail ?? problem.title ?? '');
}
