// The HTTP calls of the web app: sign-in, sign-out, the list of recipes, and downloads.
// Reads problem+json; a call whose token was refused is tried once more with a new one.

import { type ChatMessage, jsonText, Unauthorized, type User } from '@recipe-chat/client';
import { clearOutboxes } from '@recipe-chat/client/indexed-db';
import type { Role } from './access';
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

/** What the list tells of a recipe; a server of a build before leaves some of it out. */
export interface RecipeSummary {
  id: string;
  title: string;
  role?: Role;
  owned?: boolean;
  tags?: string[];
  servings?: number;
  /** Their names, at most three. */
  first_ingredients?: string[];
  owner?: User;
  /** Members who have come in, at most three. */
  people?: User[];
  changed_at?: string;
  changed_by?: User;
}

export interface RecipePage {
  recipes: RecipeSummary[];
  next_cursor?: string;
}

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

  /** Goes on as the owner of this browser's refresh cookie. */
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

  /** Reads anew who is signed in, after something of them has changed. */
  renewUser(): Promise<void> {
    return this.#tokens.switchToOther();
  }

  /** A page of the caller's recipes, the newest change first. */
  async recipes(wanted: { query?: string; cursor?: string | null } = {}): Promise<RecipePage> {
    const parameters = new URLSearchParams();
    if (wanted.query) parameters.set('query', wanted.query);
    if (wanted.cursor) parameters.set('cursor', wanted.cursor);
    const search = parameters.size > 0 ? `?${parameters}` : '';
    return (await this.call(`/v1/recipes${search}`)).json();
  }

  async deleteRecipe(id: string): Promise<void> {
    await this.call(recipePath(id), { method: 'DELETE', keepalive: true });
  }

  async leaveRecipe(id: string): Promise<void> {
    await this.call(`${recipePath(id)}/members/me`, { method: 'DELETE', keepalive: true });
  }

  /** A private copy of the caller's own; resolves to its id. */
  async copyRecipe(id: string): Promise<string> {
    const response = await this.call(`${recipePath(id)}/copy`, { method: 'POST', body: '{}' });
    return ((await response.json()) as { id: string }).id;
  }

  /** Makes a new recipe of the caller's own; resolves to its id, which nobody guesses. */
  async createRecipe(title: string): Promise<string> {
    const request = { method: 'POST', body: jsonText({ title }) };
    const created = (await (await this.call('/v1/recipes', request)).json()) as { id: string };
    return created.id;
  }

  /** The messages right before a revision, oldest first. */
  async messages(id: string, before: number, limit: number): Promise<ChatMessage[]> {
    const path = `${recipePath(id)}/messages?before=${before}&limit=${limit}`;
    const answer = (await (await this.call(path)).json()) as { messages?: ChatMessage[] };
    return answer.messages ?? [];
  }

  /** The recipe as a file in one of the export formats. */
  async download(id: string, format: 'cooklang' | 'schema.org'): Promise<Blob> {
    const path = `${recipePath(id)}?format=${format}`;
    return (await this.call(path)).blob();
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

const recipePath = (id: string) => `/v1/recipes/${encodeURIComponent(id)}`;

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
