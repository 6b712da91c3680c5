// Keeps the access token and the name of its owner in localStorage, shared by all tabs.
// Where storage is refused (private windows) it keeps them for this page only. Never holds the refresh token.

import type { User } from '../ws/protocol';

export interface HeldToken {
  token: string;
  /** By this machine's clock; null for a token that somebody else put there. */
  expiresAt: number | null;
}

const TOKEN = 'access_token';
const EXPIRES = 'access_token_expires_at';
const USER = 'recipe_chat_user';

export class TokenShelf {
  #memory = new Map<string, string>();
  #heard: HeldToken | null = null;

  /** The newest of what is stored and what another tab told: its storage reaches this tab a little later. */
  token(): HeldToken | null {
    const token = this.#read(TOKEN);
    const expires = Number(this.#read(EXPIRES) ?? Number.NaN);
    const stored = token ? { token, expiresAt: Number.isNaN(expires) ? null : expires } : null;
    const told = this.#heard;
    return told && (stored?.expiresAt ?? 0) < (told.expiresAt ?? 0) ? told : stored;
  }

  hear(told: HeldToken): void {
    this.#heard = told;
  }

  user(): User | null {
    try {
      return JSON.parse(this.#read(USER) ?? 'null') as User | null;
    } catch {
      return null;
    }
  }

  keep({ token, expiresAt }: HeldToken, user: User): void {
    this.#write(EXPIRES, String(expiresAt));
    this.#write(USER, JSON.stringify(user));
    this.#write(TOKEN, token);
  }

  /** The token is of no use any more, but its owner may sign in again. */
  dropToken(): void {
    this.#heard = null;
    this.#write(TOKEN, null);
    this.#write(EXPIRES, null);
  }

  clear(): void {
    this.dropToken();
    this.#write(USER, null);
  }

  #read(key: string): string | null {
    try {
      return localStorage.getItem(key);
    } catch {
      return this.#memory.get(key) ?? null;
    }
  }

  #write(key: string, value: string | null): void {
    if (value === null) this.#memory.delete(key);
    else this.#memory.set(key, value);
    try {
      if (value === null) localStorage.removeItem(key);
      else localStorage.setItem(key, value);
    } catch {
      // Memory has it.
    }
  }
}
