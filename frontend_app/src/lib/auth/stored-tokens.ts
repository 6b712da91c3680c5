// The access token of whoever is signed in on this browser: hands it out, renews it with the refresh cookie,
// once for all tabs, and tells the tabs about sign-in and sign-out. Never sees the refresh token.

import type { User } from '../ws/protocol';
import { oneAtATime } from './one-at-a-time';
import { type HeldToken, TokenShelf } from './token-shelf';
import { TokenError, type TokenSource, type TokenWish } from './token-source';

export interface TokenPair {
  access_token: string;
  expires_in: number;
  user: User;
}

/** Carries the facts, since another tab's storage may arrive after its message. */
type News =
  | { is: 'signed_in'; user: User; held: HeldToken }
  | { is: 'signed_out' }
  | { is: 'renewed'; held: HeldToken };

const REFRESH_LIMIT = 4_000;
/** How long another tab's news may take after it has given the lock back. */
const NEWS_DELAY = 50;
const ABOUT_TO_EXPIRE = 5_000;
const EARLIEST_RENEWAL = 30_000;
/** A longer one would fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

export class StoredTokens implements TokenSource {
  readonly #shelf = new TokenShelf();
  readonly #listeners = new Set<() => void>();
  #renewing: Promise<string> | null = null;
  #channel: BroadcastChannel | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #user: User | null | undefined;

  /** Stable between changes, as React wants it. */
  get user(): User | null {
    if (this.#user === undefined) this.#user = this.#shelf.user();
    return this.#user;
  }

  /** A renewal serves all who wait for it, and is bounded: nobody can call it off. */
  get({ fresh, not }: TokenWish): Promise<string> {
    const held = this.#shelf.token();
    const wanted = held !== null && held.token !== not && !(fresh && not === null);
    if (wanted && isGood(held)) return Promise.resolve(held.token);
    const stale = held?.token ?? not;
    this.#renewing ??= this.#renew(stale).finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  /** Takes over the tokens of a sign-in. */
  accept(pair: TokenPair): void {
    const held = this.#keep(pair);
    this.#tell({ is: 'signed_in', user: pair.user, held });
  }

  /** Forgets everything here and in the other tabs. Telling the server is the caller's part. */
  forget(): void {
    this.#shelf.clear();
    this.#tell({ is: 'signed_out' });
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Follows the other tabs, and renews the token before it expires while the page is seen. */
  watch(): () => void {
    this.#channel = new BroadcastChannel('recipe-chat');
    this.#channel.onmessage = ({ data }: MessageEvent<News>) => this.#heard(data);
    this.#plan();
    return () => {
      this.#channel?.close();
      this.#channel = null;
      clearTimeout(this.#timer);
    };
  }

  #renew(stale: string | null): Promise<string> {
    const name = `recipe-chat-refresh:${this.user?.id ?? ''}`;
    return oneAtATime(name, async hadToWait => {
      if (hadToWait && !this.#newerThan(stale))
        await new Promise(later => setTimeout(later, NEWS_DELAY));
      const newer = this.#newerThan(stale);
      if (newer) return newer;
      const answer = await askForNewPair();
      if (!answer) return this.#denied(stale);
      this.#tell({ is: 'renewed', held: this.#keep(answer) });
      return answer.access_token;
    });
  }

  #newerThan(stale: string | null): string | null {
    const held = this.#shelf.token();
    return held && held.token !== stale && isGood(held) ? held.token : null;
  }

  /** Another tab without a lock may have been faster; its token is as good. */
  #denied(stale: string | null): string {
    const newer = this.#newerThan(stale);
    if (newer) return newer;
    this.#shelf.dropToken();
    throw new TokenError('denied');
  }

  #keep({ access_token, expires_in, user }: TokenPair): HeldToken {
    const held = { token: access_token, expiresAt: Date.now() + expires_in * 1_000 };
    this.#shelf.keep(held, user);
    return held;
  }

  /** Other tabs hear of a token only after it is in the shared storage. */
  #tell(news: News): void {
    this.#channel?.postMessage(news);
    this.#heard(news);
  }

  #heard(news: News): void {
    if (news.is !== 'signed_out') this.#shelf.hear(news.held);
    this.#plan();
    if (news.is === 'renewed') return;
    this.#user = news.is === 'signed_in' ? news.user : null;
    for (const listener of [...this.#listeners]) listener();
  }

  #plan(): void {
    clearTimeout(this.#timer);
    const expiresAt = this.#shelf.token()?.expiresAt;
    if (!this.#channel || expiresAt == null) return;
    const left = expiresAt - Date.now();
    const lead = Math.min(Math.max(left / 10, EARLIEST_RENEWAL), left / 4);
    const wait = left - lead * (0.9 + Math.random() / 5);
    if (wait < 1_000) return;
    this.#timer = setTimeout(() => this.#renewEarly(), Math.min(wait, LONGEST_TIMER));
  }

  #renewEarly(): void {
    const held = this.#shelf.token();
    if (!held || document.visibilityState === 'hidden') return;
    this.get({ fresh: true, not: held.token }).catch(() => {
      // Whoever needs a token next will hear of it.
    });
  }
}

function isGood({ expiresAt }: HeldToken): boolean {
  return expiresAt === null || expiresAt - Date.now() > ABOUT_TO_EXPIRE;
}

/** Null means that the person has to sign in again; a bad answer may come from a proxy, and signs nobody out. */
async function askForNewPair(): Promise<TokenPair | null> {
  const request = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
    signal: AbortSignal.timeout(REFRESH_LIMIT),
  };
  const response = await fetch('/v1/auth/refresh', request).catch(() => null);
  if (response && [400, 401, 403].includes(response.status)) return null;
  const pair = response?.ok && (await response.json().catch(() => null));
  if (typeof pair?.access_token === 'string') return pair;
  throw new TokenError('unavailable');
}
