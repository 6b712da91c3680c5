// Keeps the access token and its owner in localStorage, shared by all tabs, with a working copy in memory for
// browsers that refuse storage. Never holds the refresh token.

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
  #heard: HeldToken | null = null;

  /** The newest of what is stored and what another tab told: its storage reaches this tab a little later. */
  token(): HeldToken | null {
    const token = read(TOKEN);
    const expires = Number(read(EXPIRES));
    const stored = token ? { token, expiresAt: expires || null } : null;
    const told = this.#heard;
    return told && (stored?.expiresAt ?? 0) < (told.expiresAt ?? 0) ? told : stored;
  }

  hear(told: HeldToken): void {
    this.#heard = told;
  }

  user(): User | null {
    try {
      return JSON.parse(read(USER) ?? 'null');
    } catch {
      return null;
    }
  }

  keep(held: HeldToken, user: User): void {
    this.#heard = held;
    write(EXPIRES, held.expiresAt);
    write(USER, JSON.stringify(user));
    write(TOKEN, held.token);
  }

  /** The token is of no use any more, but its owner may sign in again. */
  dropToken(): void {
    this.#heard = null;
    write(TOKEN, null);
    write(EXPIRES, null);
  }

  clear(): void {
    this.dropToken();
    write(USER, null);
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
    // Memory has it.
  }
}
