// @vitest-environment happy-dom
// Tokens in a browser with several tabs: one renewal for all, and no sign-out by accident.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StoredTokens } from './stored-tokens';

const ADA = { id: 'u-ada', name: 'ada' };
const BOB = { id: 'u-bob', name: 'bob' };
const { signal } = new AbortController();
const request = { forceRefresh: false, staleToken: null, signal };

let answers: (() => Response | Promise<Response>)[];
let calls: { url: string; init: RequestInit }[];

const pair =
  (token: string, expires_in = 900, user = ADA) =>
  () =>
    Response.json({ access_token: token, token_type: 'Bearer', expires_in, user });
const status = (code: number) => () => new Response('{}', { status: code });
/** As the edge refuses. */
const problem =
  (status = 401, title = 'Unauthorized') =>
  () =>
    Response.json(
      { type: 'about:blank', title, status, detail: 'Sign in again' },
      { status, headers: { 'content-type': 'application/problem+json' } },
    );
/** As a proxy or a firewall refuses. */
const page = (status: number) => () =>
  new Response('<h1>No</h1>', { status, headers: { 'content-type': 'text/html' } });

type LockOptions = { signal?: AbortSignal; ifAvailable?: boolean };
type LockWork = (lock: object | null) => Promise<unknown> | undefined;

/** Web Locks as the standard has them, for one page. */
function fakeLocks() {
  const held = new Set<string>();
  const waiting: { name: string; begin: () => void }[] = [];
  const run = async (name: string, work: LockWork) => {
    held.add(name);
    try {
      return await work({});
    } finally {
      held.delete(name);
      const next = waiting.findIndex(one => one.name === name);
      if (next >= 0) waiting.splice(next, 1)[0]?.begin();
    }
  };
  return {
    async request(name: string, { signal, ifAvailable }: LockOptions, work: LockWork) {
      if (!held.has(name)) return run(name, work);
      if (ifAvailable) return work(null);
      await new Promise<void>((resolve, reject) => {
        const one = { name, begin: resolve };
        waiting.push(one);
        signal?.addEventListener('abort', () => {
          waiting.splice(waiting.indexOf(one), 1);
          reject(signal.reason);
        });
      });
      return run(name, work);
    },
  };
}

beforeEach(() => {
  localStorage.clear();
  answers = [];
  calls = [];
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    calls.push({ url, init });
    const answer = answers.shift();
    if (!answer) throw new TypeError('network');
    return answer();
  });
  Object.defineProperty(navigator, 'locks', { value: fakeLocks(), configurable: true });
});

afterEach(() => {
  vi.useRealTimers();
});

function signedIn(token = 'first', expires_in = 900): StoredTokens {
  const tokens = new StoredTokens();
  tokens.accept({ access_token: token, expires_in, user: ADA });
  return tokens;
}

describe('a token', () => {
  it('comes from the storage while it is valid', async () => {
    localStorage.setItem('access_token', 'mock-token');
    expect(await new StoredTokens().get(request)).toBe('mock-token');
    expect(calls).toHaveLength(0);
  });

  it('is renewed with the cookie alone when it is about to expire', async () => {
    const tokens = signedIn('old', 4);
    answers = [pair('new')];
    expect(await tokens.get(request)).toBe('new');
    expect(calls[0]).toMatchObject({
      url: '/v1/auth/refresh',
      init: { method: 'POST', body: '{}' },
    });
    expect(localStorage.getItem('access_token')).toBe('new');
    expect(JSON.stringify(localStorage)).not.toContain('refresh_token');
  });

  it('is renewed once for all who wait for it', async () => {
    const tokens = signedIn();
    answers = [pair('second')];
    const fresh = { forceRefresh: true, staleToken: 'first', signal };
    expect(await Promise.all([1, 2, 3].map(() => tokens.get(fresh)))).toEqual([
      'second',
      'second',
      'second',
    ]);
    expect(calls).toHaveLength(1);
  });

  it('is renewed once for five tabs', async () => {
    const tabs = [signedIn(), ...Array.from({ length: 4 }, () => new StoredTokens())];
    answers = [pair('second')];
    const given = await Promise.all(
      tabs.map(tab => tab.get({ forceRefresh: true, staleToken: 'first', signal })),
    );
    expect(new Set(given)).toEqual(new Set(['second']));
    expect(calls).toHaveLength(1);
  });

  it('that another tab renewed is used without a request', async () => {
    const tokens = signedIn();
    signedIn('from-other-tab');
    expect(await tokens.get({ forceRefresh: true, staleToken: 'first', signal })).toBe(
      'from-other-tab',
    );
    expect(calls).toHaveLength(0);
  });

  it('that our server refuses is removed; the person signs in again under the same name', async () => {
    const tokens = signedIn();
    answers = [problem()];
    await expect(tokens.get({ forceRefresh: true, staleToken: 'first', signal })).rejects.toThrow(
      'denied',
    );
    expect(localStorage.getItem('access_token')).toBeNull();
    expect(tokens.user).toEqual(ADA);
  });

  it.each<[string, () => Response]>([
    ['a page of a proxy, 401', page(401)],
    ['a page of a firewall, 403', page(403)],
    ['a page of a proxy, 400', page(400)],
    ['a page of a hotel, 200', page(200)],
    ['JSON of another program, 401', status(401)],
    ['a problem of another program, 401', problem(401, 'Subscription key missing')],
    ['our own word on a foreign origin', problem(403, 'Forbidden')],
    ['a pair without its owner', () => Response.json({ access_token: 'whose?', expires_in: 900 })],
    ...[200, 404, 408, 429, 500, 503].map((code): [string, () => Response] => [
      `status ${code}`,
      status(code),
    ]),
  ])('that cannot be renewed is no reason to sign out: %s', async (_, answer) => {
    const tokens = signedIn();
    answers = [answer];
    await expect(tokens.get({ forceRefresh: true, staleToken: 'first', signal })).rejects.toThrow(
      'unavailable',
    );
    expect(localStorage.getItem('access_token')).toBe('first');
    answers = [pair('later')];
    expect(await tokens.get({ forceRefresh: true, staleToken: 'first', signal })).toBe('later');
  });

  it('is unavailable without a network', async () => {
    const tokens = signedIn();
    await expect(tokens.get({ forceRefresh: true, staleToken: 'first', signal })).rejects.toThrow(
      'unavailable',
    );
  });

  it('of a tab that lost a race is the one that the faster tab stored', async () => {
    const tokens = signedIn();
    answers = [
      () => {
        signedIn('winner');
        return problem()();
      },
    ];
    expect(await tokens.get({ forceRefresh: true, staleToken: 'first', signal })).toBe('winner');
    expect(localStorage.getItem('access_token')).toBe('winner');
  });

  it('is forgotten with its owner at sign-out', () => {
    const tokens = signedIn();
    let notifications = 0;
    tokens.subscribe(() => {
      notifications += 1;
    });
    tokens.forget();
    expect(tokens.user).toBeNull();
    expect(localStorage).toHaveLength(0);
    expect(notifications).toBe(1);
  });

  it('is kept in memory where the browser refuses storage', async () => {
    vi.stubGlobal('localStorage', undefined);
    const tokens = signedIn('in-memory');
    expect(await tokens.get(request)).toBe('in-memory');
    tokens.forget();
    expect(tokens.user).toBeNull();
  });

  it('is renewed without a lock where the browser has none', async () => {
    Object.defineProperty(navigator, 'locks', { value: undefined, configurable: true });
    const tokens = signedIn();
    answers = [pair('second')];
    expect(await tokens.get({ forceRefresh: true, staleToken: 'first', signal })).toBe('second');
  });
});

describe('a refresh cookie of another person', () => {
  it('is not used, and the page hears of the other person', async () => {
    const tokens = signedIn();
    let notifications = 0;
    tokens.subscribe(() => {
      notifications += 1;
    });
    answers = [pair('token-of-bob', 900, BOB)];
    await expect(tokens.get({ forceRefresh: true, staleToken: 'first', signal })).rejects.toThrow(
      'denied',
    );
    expect(tokens.user).toEqual(ADA);
    expect(tokens.other).toEqual(BOB);
    expect(notifications).toBe(1);
    expect(JSON.stringify(localStorage)).not.toContain('bob');
    answers = [pair('token-of-bob', 900, BOB)];
    await expect(tokens.get(request)).rejects.toThrow('denied');
  });

  it('is announced to the other tabs', async () => {
    const [here, elsewhere] = [signedIn(), new StoredTokens()];
    const stop = [here.watch(), elsewhere.watch()];
    expect(elsewhere.user).toEqual(ADA);
    const notified = new Promise<void>(resolve => elsewhere.subscribe(resolve));
    answers = [pair('token-of-bob', 900, BOB)];
    await expect(here.get({ forceRefresh: true, staleToken: 'first', signal })).rejects.toThrow(
      'denied',
    );
    await notified;
    expect(elsewhere).toMatchObject({ user: ADA, other: BOB });
    for (const end of stop) end();
  });

  it('is used, token and user, when the person switches to it', async () => {
    const tokens = signedIn();
    answers = [pair('one', 900, BOB), pair('two', 900, BOB)];
    await expect(tokens.get({ forceRefresh: true, staleToken: 'first', signal })).rejects.toThrow(
      'denied',
    );
    await tokens.switchToOther();
    expect(tokens).toMatchObject({ user: BOB, other: null });
    expect(await tokens.get(request)).toBe('two');
  });

  it('is forgotten when the person signs in again', async () => {
    const tokens = signedIn();
    answers = [pair('token-of-bob', 900, BOB)];
    await expect(tokens.get({ forceRefresh: true, staleToken: 'first', signal })).rejects.toThrow(
      'denied',
    );
    tokens.accept({ access_token: 'again', expires_in: 900, user: ADA });
    expect(tokens).toMatchObject({ user: ADA, other: null });
    expect(await tokens.get(request)).toBe('again');
  });
});

describe('another person who signed in on another tab', () => {
  const takesOver = () =>
    new StoredTokens().accept({ access_token: 'token-of-bob', expires_in: 900, user: BOB });

  it('gives this page no token before the page shows that person', async () => {
    const tokens = signedIn();
    expect(tokens.user).toEqual(ADA);
    const seen: unknown[] = [];
    tokens.subscribe(() => seen.push(tokens.user));
    takesOver();
    await expect(tokens.get(request)).rejects.toThrow('unavailable');
    expect(seen).toEqual([BOB]);
    expect(await tokens.get(request)).toBe('token-of-bob');
    expect(calls).toHaveLength(0);
  });

  it('during a renewal of this page: its answer is not stored', async () => {
    const tokens = signedIn();
    expect(tokens.user).toEqual(ADA);
    answers = [
      () => {
        takesOver();
        return pair('late token of ada')();
      },
    ];
    await expect(tokens.get({ forceRefresh: true, staleToken: 'first', signal })).rejects.toThrow(
      'unavailable',
    );
    expect(localStorage.getItem('access_token')).toBe('token-of-bob');
    expect(tokens.user).toEqual(BOB);
  });
});

describe('watching', () => {
  it('follows a sign-out in another tab', async () => {
    const here = signedIn();
    const elsewhere = new StoredTokens();
    const stop = [here.watch(), elsewhere.watch()];
    expect(here.user).toEqual(ADA);
    const notified = new Promise<void>(resolve => here.subscribe(resolve));
    elsewhere.forget();
    await notified;
    expect(here.user).toBeNull();
    for (const end of stop) end();
  });

  it('exchanges messages that tabs of other builds can read', async () => {
    const tokens = signedIn();
    const stop = tokens.watch();
    const otherTab = new BroadcastChannel('recipe-chat');
    const received = new Promise(resolve => {
      otherTab.onmessage = ({ data }) => resolve(data);
    });
    tokens.forget();
    expect(await received).toEqual({ is: 'signed_out' });
    const notified = new Promise<void>(resolve => tokens.subscribe(resolve));
    const held = { token: 'token-of-bob', expiresAt: Date.now() + 900_000 };
    otherTab.postMessage({ is: 'signed_in', user: BOB, held });
    await notified;
    expect(tokens.user).toEqual(BOB);
    expect(await tokens.get(request)).toBe('token-of-bob');
    otherTab.close();
    stop();
  });

  it('renews shortly before the token expires, and leaves no timer behind', async () => {
    vi.useFakeTimers();
    const tokens = signedIn('first', 900);
    const stop = tokens.watch();
    answers = [pair('second', 900)];
    await vi.advanceTimersByTimeAsync(780_000);
    expect(calls).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(calls).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(1);
    stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('counts the time that the machine sleeps, when timers stand still', async () => {
    vi.useFakeTimers();
    const stop = signedIn('first', 900).watch();
    answers = [pair('second', 900)];
    await vi.advanceTimersByTimeAsync(20_000);
    vi.setSystemTime(Date.now() + 870_000);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(calls).toHaveLength(1);
    stop();
  });

  it('does not renew while the page is hidden', async () => {
    vi.useFakeTimers();
    const stop = signedIn('first', 900).watch();
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
    await vi.advanceTimersByTimeAsync(900_000);
    expect(calls).toHaveLength(0);
    stop();
  });
});

describe('a tab that froze with the lock', () => {
  it('stops the others for a few seconds only, and they still renew one at a time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    vi.spyOn(AbortSignal, 'timeout').mockImplementation(after => {
      const end = new AbortController();
      setTimeout(() => end.abort(new DOMException('late', 'TimeoutError')), after);
      return end.signal;
    });
    const tabs = [signedIn(), new StoredTokens(), new StoredTokens()];
    void navigator.locks.request(
      `recipe-chat-refresh:${ADA.id}`,
      { signal },
      () => new Promise(() => {}),
    );
    answers = [pair('second')];
    const asked = Promise.all(
      tabs.map(tab => tab.get({ forceRefresh: true, staleToken: 'first', signal })),
    );
    await vi.advanceTimersByTimeAsync(5_300);
    expect(await asked).toEqual(['second', 'second', 'second']);
    expect(calls).toHaveLength(1);
  });
});
