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
  | { is: 'other_user'; other: User }
  | { is: 'renewed'; owner: string; held: HeldToken };

const REFRESH_LIMIT = 4_000;
/** How long another tab's news may take after it has given the lock back. */
const NEWS_DELAY = 50;
const ABOUT_TO_EXPIRE = 5_000;
const EARLIEST_RENEWAL = 30_000;
/** Timers stand still while the machine sleeps; the clock is looked at in between. */
const LONGEST_NAP = 30_000;

export class StoredTokens implements TokenSource {
  readonly #shelf = new TokenShelf();
  readonly #listeners = new Set<() => void>();
  #renewing: Promise<string> | null = null;
  #channel: BroadcastChannel | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #user: User | null | undefined;
  #other: User | null = null;

  /** Stable between changes, as React wants it. */
  get user(): User | null {
    if (this.#user === undefined) this.#user = this.#shelf.user();
    return this.#user;
  }

  /**
   * Whom the refresh cookie belongs to when it is not the one that this page shows: somebody else has signed in with
   * this browser, at another address of the same host. Their tokens are never taken for this page's.
   */
  get other(): User | null {
    return this.#other;
  }

  /** A renewal serves all who wait for it, and is bounded: nobody can call it off. */
  get({ fresh, not }: TokenWish): Promise<string> {
    if (this.#ownerChanged()) return Promise.reject(new TokenError('unavailable'));
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

  /** Goes on as whoever the refresh cookie belongs to. */
  async goOnAsOther(): Promise<void> {
    const pair = await askForNewPair();
    if (!pair) throw new TokenError('denied');
    this.accept(pair);
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

  /** Whether the page of another tab was taken over by another person, whom this one has not heard of yet. */
  #ownerChanged(): boolean {
    const owner = this.#shelf.user();
    if (!owner || owner.id === this.user?.id) return false;
    this.#setUser(owner);
    return true;
  }

  #renew(stale: string | null): Promise<string> {
    const owner = this.user?.id ?? '';
    return oneAtATime(`recipe-chat-refresh:${owner}`, async hadToWait => {
      if (hadToWait && !this.#newerThan(stale))
        await new Promise(later => setTimeout(later, NEWS_DELAY));
      const newer = this.#newerThan(stale);
      if (newer) return newer;
      const answer = await askForNewPair();
      if (this.#ownerChanged() || owner !== (this.user?.id ?? ''))
        throw new TokenError('unavailable');
      if (!answer) return this.#denied(stale);
      if (owner && answer.user.id !== owner) return this.#belongsTo(answer.user);
      this.#tell({ is: 'renewed', owner, held: this.#keep(answer) });
      return answer.access_token;
    });
  }

  #belongsTo(other: User): never {
    this.#shelf.dropToken();
    this.#tell({ is: 'other_user', other });
    throw new TokenError('denied');
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
    if (news.is === 'renewed' && news.owner !== (this.user?.id ?? '')) return;
    if ('held' in news) this.#shelf.hear(news.held);
    this.#plan();
    if (news.is === 'renewed') return;
    if (news.is === 'other_user') this.#setUser(this.user, news.other);
    else this.#setUser(news.is === 'signed_in' ? news.user : null);
  }

  #setUser(user: User | null, other: User | null = null): void {
    this.#user = user;
    this.#other = other;
    for (const listener of [...this.#listeners]) listener();
  }

  #plan(): void {
    clearTimeout(this.#timer);
    const expiresAt = this.#shelf.token()?.expiresAt;
    if (!this.#channel || expiresAt == null) return;
    const left = expiresAt - Date.now();
    const lead = Math.min(Math.max(left / 10, EARLIEST_RENEWAL), left / 4);
    const wait = left - lead * (0.9 + Math.random() / 5);
    if (wait >= 1_000) this.#renewAt(Date.now() + wait);
  }

  #renewAt(time: number): void {
    const left = time - Date.now();
    if (left <= 0) return this.#renewEarly();
    this.#timer = setTimeout(() => this.#renewAt(time), Math.min(left, LONGEST_NAP));
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

/**
 * Null means that the person has to sign in again. Only our own server says so, in a problem document: what a proxy, a
 * firewall or a hotel's network answers in its place signs nobody out.
 */
async function askForNewPair(): Promise<TokenPair | null> {
  const request = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
    signal: AbortSignal.timeout(REFRESH_LIMIT),
  };
  const response = await fetch('/v1/auth/refresh', request).catch(() => null);
  const answer = await response?.json().catch(() => null);
  if (response?.ok && typeof answer?.access_token === 'string' && answer.user?.id) return answer;
  const isProblem = response?.headers.get('content-type')?.startsWith('application/problem+json');
  if (isProblem && response?.status === 401 && answer?.title === 'Unauthorized') return null;
  throw new TokenError('unavailable');
}
