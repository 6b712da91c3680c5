// Keeps the access token and its owner in localStorage, shared by all tabs, with a copy in memory for browsers that
// refuse storage. Never holds the refresh token.

import type { User } from '@recipe-chat/client';

export interface HeldToken {
  token: string;
  /** By this machine's clock; null for a token that another program put there. */
  expiresAt: number | null;
}

const TOKEN_KEY = 'access_token';
const EXPIRY_KEY = 'access_token_expires_at';
const USER_KEY = 'recipe_chat_user';

export class TokenStore {
  #latest: HeldToken | null = null;

  /** The newer of the stored token and the one that another tab sent: its storage reaches this tab a little later. */
  token(): HeldToken | null {
    const token = read(TOKEN_KEY);
    const expiresAt = Number(read(EXPIRY_KEY)) || null;
    const stored = token ? { token, expiresAt } : null;
    const latest = this.#latest;
    return latest && (stored?.expiresAt ?? 0) < (latest.expiresAt ?? 0) ? latest : stored;
  }

  /** Takes a token that another tab has stored. */
  receive(held: HeldToken): void {
    this.#latest = held;
  }

  user(): User | null {
    try {
      return JSON.parse(read(USER_KEY) ?? 'null');
    } catch {
      return null;
    }
  }

  save(held: HeldToken, user: User): void {
    this.#latest = held;
    write(EXPIRY_KEY, held.expiresAt);
    write(USER_KEY, JSON.stringify(user));
    write(TOKEN_KEY, held.token);
  }

  /** Removes the token and keeps its owner, who may sign in again. */
  clearToken(): void {
    this.#latest = null;
    write(TOKEN_KEY, null);
    write(EXPIRY_KEY, null);
  }

  clear(): void {
    this.clearToken();
    write(USER_KEY, null);
  }
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string | number | null): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, String(value));
  } catch {
    // The copy in memory is enough.
  }
}
