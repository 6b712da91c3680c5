// @vitest-environment happy-dom
// Tokens in a browser with several tabs: one renewal for all, no sign-out by accident.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StoredTokens } from './stored-tokens';

const ADA = { id: 'u-ada', name: 'ada' };
const { signal } = new AbortController();
const wish = { fresh: false, not: null, signal };

let answers: (() => Response | Promise<Response>)[];
let calls: { url: string; init: RequestInit }[];

const pair =
  (token: string, expires_in = 900) =>
  () =>
    Response.json({ access_token: token, token_type: 'Bearer', expires_in, user: ADA });
const status = (code: number) => () => new Response('{}', { status: code });

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
  it('comes from the storage while it is good', async () => {
    localStorage.setItem('access_token', 'mock-token');
    expect(await new StoredTokens().get(wish)).toBe('mock-token');
    expect(calls).toHaveLength(0);
  });

  it('is renewed with the cookie alone when it is about to expire', async () => {
    const tokens = signedIn('old', 4);
    answers = [pair('new')];
    expect(await tokens.get(wish)).toBe('new');
    expect(calls[0]).toMatchObject({
      url: '/v1/auth/refresh',
      init: { method: 'POST', body: '{}' },
    });
    expect(localStorage.getItem('access_token')).toBe('new');
    expect(JSON.stringify(localStorage)).not.toContain('refresh_token');
  });

  it('is asked for once, however many want it', async () => {
    const tokens = signedIn();
    answers = [pair('second')];
    const fresh = { fresh: true, not: 'first', signal };
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
      tabs.map(tab => tab.get({ fresh: true, not: 'first', signal })),
    );
    expect(new Set(given)).toEqual(new Set(['second']));
    expect(calls).toHaveLength(1);
  });

  it('that another tab renewed is taken without a question', async () => {
    const tokens = signedIn();
    signedIn('from-other-tab');
    expect(await tokens.get({ fresh: true, not: 'first', signal })).toBe('from-other-tab');
    expect(calls).toHaveLength(0);
  });

  it.each([401, 403, 400])(
    'that is refused with %i means: sign in again, and the name stays',
    async code => {
      const tokens = signedIn();
      answers = [status(code)];
      await expect(tokens.get({ fresh: true, not: 'first', signal })).rejects.toThrow('denied');
      expect(localStorage.getItem('access_token')).toBeNull();
      expect(tokens.user).toEqual(ADA);
    },
  );

  it.each([200, 404, 408, 429, 500, 503])(
    'that cannot be had (%i) is no reason to sign out',
    async code => {
      const tokens = signedIn();
      answers = [status(code)];
      await expect(tokens.get({ fresh: true, not: 'first', signal })).rejects.toThrow(
        'unavailable',
      );
      expect(localStorage.getItem('access_token')).toBe('first');
      answers = [pair('later')];
      expect(await tokens.get({ fresh: true, not: 'first', signal })).toBe('later');
    },
  );

  it('is unavailable without a network', async () => {
    const tokens = signedIn();
    await expect(tokens.get({ fresh: true, not: 'first', signal })).rejects.toThrow('unavailable');
  });

  it('of a loser of the race is the one that the winner stored meanwhile', async () => {
    const tokens = signedIn();
    answers = [
      () => {
        signedIn('winner');
        return new Response('{}', { status: 401 });
      },
    ];
    expect(await tokens.get({ fresh: true, not: 'first', signal })).toBe('winner');
    expect(localStorage.getItem('access_token')).toBe('winner');
  });

  it('is forgotten with its owner at sign-out', () => {
    const tokens = signedIn();
    let told = 0;
    tokens.subscribe(() => {
      told += 1;
    });
    tokens.forget();
    expect(tokens.user).toBeNull();
    expect(localStorage).toHaveLength(0);
    expect(told).toBe(1);
  });

  it('is kept in memory where the browser refuses storage', async () => {
    vi.stubGlobal('localStorage', undefined);
    const tokens = signedIn('in-memory');
    expect(await tokens.get(wish)).toBe('in-memory');
    tokens.forget();
    expect(tokens.user).toBeNull();
  });

  it('is asked for without locks where there are none', async () => {
    Object.defineProperty(navigator, 'locks', { value: undefined, configurable: true });
    const tokens = signedIn();
    answers = [pair('second')];
    expect(await tokens.get({ fresh: true, not: 'first', signal })).toBe('second');
  });
});

describe('watching', () => {
  it('hears of a sign-out in another tab', async () => {
    const here = signedIn();
    const elsewhere = new StoredTokens();
    const stop = [here.watch(), elsewhere.watch()];
    expect(here.user).toEqual(ADA);
    const told = new Promise<void>(resolve => here.subscribe(resolve));
    elsewhere.forget();
    await told;
    expect(here.user).toBeNull();
    for (const end of stop) end();
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

  it('does not renew while nobody looks', async () => {
    vi.useFakeTimers();
    const stop = signedIn('first', 900).watch();
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden');
    await vi.advanceTimersByTimeAsync(900_000);
    expect(calls).toHaveLength(0);
    stop();
  });
});

describe('a tab that froze with the lock', () => {
  it('stops the others for a few seconds, not for ever, and they still go one by one', async () => {
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
    const asked = Promise.all(tabs.map(tab => tab.get({ fresh: true, not: 'first', signal })));
    await vi.advanceTimersByTimeAsync(5_300);
    expect(await asked).toEqual(['second', 'second', 'second']);
    expect(calls).toHaveLength(1);
  });
});
