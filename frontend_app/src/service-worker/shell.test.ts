// What the service worker answers itself, and what it keeps: files of the app only, each build whole, never instead of
// a server that answers.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Shell } from './shell';

const ORIGIN = 'https://cook.example';
const buildOf = (version: string) => ({
  version,
  entry: `/assets/index-${version}.js`,
  files: [`/assets/index-${version}.js`, `/assets/Home-${version}.js`, '/start.js'],
});

/** As browsers keep them: in the order in which they were made. */
class FakeCaches {
  readonly all = new Map<string, Map<string, Response>>();
  keys = async () => [...this.all.keys()];
  delete = async (name: string) => this.all.delete(name);
  open = async (name: string) => {
    const kept = this.all.get(name) ?? new Map<string, Response>();
    this.all.set(name, kept);
    return {
      put: async (path: string, response: Response) => void kept.set(path, response),
      addAll: async (paths: string[]) => {
        for (const path of paths) {
          const response = await network(path);
          if (!response.ok) throw new TypeError('no such file');
          kept.set(path, response);
        }
      },
      match: async (path: string) => kept.get(path)?.clone(),
    };
  };
  match = async (path: string) =>
    [...this.all.values()]
      .map(kept => kept.get(path))
      .find(Boolean)
      ?.clone();
}

let caches: FakeCaches;
let served: string;
let asked: string[];
let network: (request: Request | string) => Promise<Response>;

beforeEach(() => {
  vi.useRealTimers();
  caches = new FakeCaches();
  served = 'a';
  asked = [];
  network = async request => {
    const path = typeof request === 'string' ? request : new URL(request.url).pathname;
    asked.push(path);
    const isOther = path.startsWith('/assets/') && !buildOf(served).files.includes(path);
    if (isOther) return new Response('', { status: 404 });
    return new Response(path.startsWith('/assets/') ? path : `page of ${buildOf(served).entry}`);
  };
});

const shellOf = (version: string) =>
  new Shell(
    buildOf(version),
    caches as unknown as CacheStorage,
    request => network(request),
    ORIGIN,
  );

const request = (path: string, { mode = 'cors', method = 'GET', origin = ORIGIN } = {}) =>
  ({ url: origin + path, mode, method }) as Request;
const page = (path: string) => request(path, { mode: 'navigate' });
const textOf = async (answer: Promise<Response> | null) => (await answer)?.text();
const away = () => Promise.reject(new TypeError('network'));

describe('what is left to the browser', () => {
  it('is every call of the API, every page of the server, other origins, and all that is not GET', () => {
    const shell = shellOf('a');
    for (const path of ['/v1/recipes', '/v1/auth/refresh', '/healthz', '/openapi.json'])
      expect(shell.answer(request(path)), path).toBeNull();
    for (const path of ['/v1/recipes', '/p/soup', '/healthz', '/account/x', '/nowhere'])
      expect(shell.answer(page(path)), path).toBeNull();
    expect(shell.answer(request('/assets/x.js', { origin: 'https://other.example' }))).toBeNull();
    expect(shell.answer(request('/', { method: 'HEAD' }))).toBeNull();
    expect(asked).toEqual([]);
  });
});

describe('the pages of the app', () => {
  it('come from the server while it answers: a new build is shown at once', async () => {
    const shell = shellOf('a');
    await shell.install();
    served = 'b';
    expect(await textOf(shell.answer(page('/r/soup')))).toBe('page of /assets/index-b.js');
  });

  it('come from the kept build without a network, from a proxy without a server, and after five seconds', async () => {
    const shell = shellOf('a');
    await shell.install();
    network = away;
    for (const path of ['/', '/r/soup?debug=ws', '/account', '/i/4Zkx'])
      expect(await textOf(shell.answer(page(path))), path).toBe('page of /assets/index-a.js');
    network = async () => new Response('bad gateway', { status: 502 });
    expect(await textOf(shell.answer(page('/')))).toBe('page of /assets/index-a.js');
    vi.useFakeTimers();
    network = () => new Promise(() => {});
    const late = textOf(shell.answer(page('/')));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await late).toBe('page of /assets/index-a.js');
  });

  it('are the server’s refusal where nothing is kept', async () => {
    network = async () => new Response('bad gateway', { status: 502 });
    expect((await shellOf('a').answer(page('/')))?.status).toBe(502);
    network = away;
    await expect(shellOf('a').answer(page('/'))).rejects.toThrow('network');
  });

  it('keep nothing of the address at which they are shown', async () => {
    const shell = shellOf('a');
    await shell.install();
    await shell.answer(page('/i/secret-token'));
    await shell.answer(page('/r/soup'));
    const paths = [...caches.all.values()].flatMap(kept => [...kept.keys()]);
    expect(paths.sort()).toEqual(['/', ...buildOf('a').files].sort());
  });
});

describe('a build', () => {
  it('is kept whole or not at all: not with the page of another one, not with a file missing', async () => {
    served = 'b';
    await expect(shellOf('a').install()).rejects.toThrow('another build');
    expect(caches.all.size).toBe(0);
    const real = network;
    network = async asked =>
      asked === '/assets/Home-b.js' ? new Response('', { status: 404 }) : real(asked);
    await expect(shellOf('b').install()).rejects.toThrow('no such file');
    expect(caches.all.size).toBe(0);
  });

  it('stays beside the next one for pages that are open, and goes with the one after that', async () => {
    for (const version of ['a', 'b', 'c']) {
      served = version;
      const shell = shellOf(version);
      await shell.install();
      await shell.clean();
      if (version === 'b')
        expect(await textOf(shell.answer(request('/assets/Home-a.js')))).toBe('/assets/Home-a.js');
    }
    expect([...caches.all.keys()]).toEqual(['shell-b', 'shell-c']);
    await caches.open('of another program');
    await shellOf('c').clean();
    expect(caches.all.size).toBe(3);
  });

  it('has hashed files that are never asked for twice, and others that the server may renew', async () => {
    const shell = shellOf('a');
    await shell.install();
    asked = [];
    await shell.answer(request('/assets/Home-a.js'));
    expect(asked).toEqual([]);
    await shell.answer(request('/start.js'));
    expect(asked).toEqual(['/start.js']);
    network = away;
    expect((await shell.answer(request('/start.js')))?.ok).toBe(true);
  });
});
