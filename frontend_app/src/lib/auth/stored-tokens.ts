// The access token of the person who is signed in on this browser: hands it out, renews it with the refresh cookie,
// once for all tabs, and tells the other tabs about sign-in and sign-out. Never sees the refresh token.

import { type TokenRequest, Unauthorized, type User } from '@recipe-chat/client';
import { withTabLock } from './tab-lock';
import { type HeldToken, TokenStore } from './token-store';

export interface TokenPair {
  access_token: string;
  expires_in: number;
  user: User;
}

/**
 * What tabs send each other. A message carries the token itself, since another tab's storage may arrive after it. The
 * names of the fields are a wire format: tabs may be of different builds.
 */
type TabMessage =
  | { is: 'signed_in'; user: User; held: HeldToken }
  | { is: 'signed_out' }
  | { is: 'other_user'; other: User }
  | { is: 'renewed'; owner: string; held: HeldToken };

const REFRESH_TIMEOUT = 4_000;
/** How long the message of another tab may take after that tab has released the lock. */
const TAB_MESSAGE_DELAY = 50;
/** A token that expires sooner is not handed out. */
const MIN_TIME_LEFT = 5_000;
/** A token is renewed at least this long before it expires, if it lasts long enough. */
const MIN_RENEWAL_LEAD = 30_000;
/** Timers stand still while the machine sleeps; the clock is read at least this often. */
const MAX_TIMER_DELAY = 30_000;

/** The part of a request that counts here. */
type WantedToken = Pick<TokenRequest, 'forceRefresh' | 'staleToken'> & Partial<TokenRequest>;

export class StoredTokens {
  readonly #store = new TokenStore();
  readonly #listeners = new Set<() => void>();
  #renewal: Promise<string> | null = null;
  #channel: BroadcastChannel | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #user: User | null | undefined;
  #other: User | null = null;

  /** The same object until it changes, as React wants it. */
  get user(): User | null {
    if (this.#user === undefined) this.#user = this.#store.user();
    return this.#user;
  }

  /**
   * The owner of the refresh cookie when that is not the person whom this page shows: somebody else has signed in with
   * this browser, at another address of the same host. Their tokens are never taken for this page's.
   */
  get other(): User | null {
    return this.#other;
  }

  /** A renewal is shared by all who wait for it, and has a timeout: it cannot be aborted. */
  get({ forceRefresh, staleToken }: WantedToken): Promise<string> {
    if (this.#ownerChanged()) return Promise.reject(Error('unavailable'));
    const held = this.#store.token();
    const mayBeStored = !(forceRefresh && staleToken === null);
    if (mayBeStored && held && held.token !== staleToken && isValid(held))
      return Promise.resolve(held.token);
    const stale = held?.token ?? staleToken;
    this.#renewal ??= this.#renew(stale).finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  /** Takes over the tokens of a sign-in. */
  accept(pair: TokenPair): void {
    const held = this.#save(pair);
    this.#broadcast({ is: 'signed_in', user: pair.user, held });
  }

  /** Goes on as the owner of the refresh cookie. */
  async switchToOther(): Promise<void> {
    const pair = await fetchTokenPair();
    if (!pair) throw new Unauthorized('denied');
    this.accept(pair);
  }

  /** Forgets everything here and in the other tabs. Telling the server is the caller's part. */
  forget(): void {
    this.#store.clear();
    this.#broadcast({ is: 'signed_out' });
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Follows the other tabs, and renews the token before it expires while the page is visible. */
  watch(): () => void {
    this.#channel = new BroadcastChannel('recipe-chat');
    this.#channel.onmessage = ({ data }: MessageEvent<TabMessage>) => this.#onMessage(data);
    this.#scheduleRenewal();
    return () => {
      this.#channel?.close();
      this.#channel = null;
      clearTimeout(this.#timer);
    };
  }

  /** Whether another person has signed in on another tab, whose message has not arrived yet. */
  #ownerChanged(): boolean {
    const owner = this.#store.user();
    if (!owner || owner.id === this.user?.id) return false;
    this.#setUser(owner);
    return true;
  }

  #renew(stale: string | null): Promise<string> {
    const owner = this.user?.id ?? '';
    return withTabLock(`recipe-chat-refresh:${owner}`, async hadToWait => {
      if (hadToWait && !this.#newerThan(stale))
        await new Promise(resolve => setTimeout(resolve, TAB_MESSAGE_DELAY));
      const newer = this.#newerThan(stale);
      if (newer) return newer;
      const pair = await fetchTokenPair();
      if (this.#ownerChanged() || owner !== (this.user?.id ?? '')) throw Error('unavailable');
      if (!pair) return this.#onDenied(stale);
      if (owner && pair.user.id !== owner) return this.#onOtherUser(pair.user);
      this.#broadcast({ is: 'renewed', owner, held: this.#save(pair) });
      return pair.access_token;
    });
  }

  #onOtherUser(other: User): never {
    this.#store.clearToken();
    this.#broadcast({ is: 'other_user', other });
    throw new Unauthorized('denied');
  }

  #newerThan(stale: string | null): string | null {
    const held = this.#store.token();
    return held && held.token !== stale && isValid(held) ? held.token : null;
  }

  /** Another tab without a lock may have been faster; its token is as good. */
  #onDenied(stale: string | null): string {
    const newer = this.#newerThan(stale);
    if (newer) return newer;
    this.#store.clearToken();
    throw new Unauthorized('denied');
  }

  #save({ access_token, expires_in, user }: TokenPair): HeldToken {
    const held = { token: access_token, expiresAt: Date.now() + expires_in * 1_000 };
    this.#store.save(held, user);
    return held;
  }

  /** Only after a token is in the shared storage are the other tabs told. */
  #broadcast(message: TabMessage): void {
    this.#channel?.postMessage(message);
    this.#onMessage(message);
  }

  #onMessage(message: TabMessage): void {
    if (message.is === 'renewed' && message.owner !== (this.user?.id ?? '')) return;
    if ('held' in message) this.#store.receive(message.held);
    this.#scheduleRenewal();
    if (message.is === 'renewed') return;
    if (message.is === 'other_user') this.#setUser(this.user, message.other);
    else this.#setUser(message.is === 'signed_in' ? message.user : null);
  }

  #setUser(user: User | null, other: User | null = null): void {
    this.#user = user;
    this.#other = other;
    for (const listener of [...this.#listeners]) listener();
  }

  #scheduleRenewal(): void {
    clearTimeout(this.#timer);
    const expiresAt = this.#store.token()?.expiresAt;
    if (!this.#channel || expiresAt == null) return;
    const left = expiresAt - Date.now();
    const lead = Math.min(Math.max(left / 10, MIN_RENEWAL_LEAD), left / 4);
    const wait = left - lead * (0.9 + Math.random() / 5);
    if (wait >= 1_000) this.#renewAt(Date.now() + wait);
  }

  #renewAt(time: number): void {
    const left = time - Date.now();
    if (left <= 0) return this.#renewEarly();
    this.#timer = setTimeout(() => this.#renewAt(time), Math.min(left, MAX_TIMER_DELAY));
  }

  #renewEarly(): void {
    const held = this.#store.token();
    if (!held || document.visibilityState === 'hidden') return;
    this.get({ forceRefresh: true, staleToken: held.token }).catch(() => {
      // The next request for a token gets the error.
    });
  }
}

function isValid({ expiresAt }: HeldToken): boolean {
  return expiresAt === null || expiresAt - Date.now() > MIN_TIME_LEFT;
}

/**
 * Null means that the person has to sign in again. Only our own server says so, in a problem document: an answer of a
 * proxy, a firewall or a hotel's network signs nobody out.
 */
async function fetchTokenPair(): Promise<TokenPair | null> {
  const request = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
    signal: AbortSignal.timeout(REFRESH_TIMEOUT),
  };
  const response = await fetch('/v1/auth/refresh', request).catch(() => null);
  const answer = await response?.json().catch(() => null);
  if (response?.ok && typeof answer?.access_token === 'string' && answer.user?.id) return answer;
  const isProblem = response?.headers.get('content-type')?.startsWith('application/problem+json');
  if (isProblem && response?.status === 401 && answer?.title === 'Unauthorized') return null;
  throw Error('unavailable');
}
