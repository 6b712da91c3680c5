// The app without a network: which requests the service worker answers, and from what. It keeps the files of a build
// and nothing else: no answer of the API, and no page that was made for somebody.

export interface Build {
  version: string;
  /** The script that the page of this build begins with. */
  entry: string;
  /** The paths of all files but the page. */
  files: readonly string[];
}

type Fetch = (request: Request | string, init?: RequestInit) => Promise<Response>;

const CACHE_PREFIX = 'shell-';
/** An open page of the build before may still need a part that it has not loaded. */
const KEPT_BUILDS = 2;
/** A network that answers later counts as none, in ms. */
const NETWORK_TIMEOUT = 5_000;
/** The addresses that the app shows by itself; all others are the server's. */
const PAGES = /^\/(?:$|account$|[ri]\/)/;
const HASHED = '/assets/';

export class Shell {
  readonly #build: Build;
  readonly #caches: CacheStorage;
  readonly #fetch: Fetch;
  readonly #origin: string;

  constructor(build: Build, caches: CacheStorage, fetch: Fetch, origin: string) {
    this.#build = build;
    this.#caches = caches;
    this.#fetch = fetch;
    this.#origin = origin;
  }

  /** Keeps all files of the build. Rejects when one is missing, or the page is of another build: nothing is kept then. */
  async install(): Promise<void> {
    const name = CACHE_PREFIX + this.#build.version;
    try {
      const cache = await this.#caches.open(name);
      const page = await this.#fetch('/', { cache: 'no-store' });
      const isOfThisBuild = page.ok && (await page.clone().text()).includes(this.#build.entry);
      if (!isOfThisBuild) throw new Error('the page is of another build');
      await cache.put('/', page);
      await cache.addAll([...this.#build.files]);
    } catch (error) {
      await this.#caches.delete(name);
      throw error;
    }
  }

  /** Removes the files of old builds. */
  async clean(): Promise<void> {
    const own = CACHE_PREFIX + this.#build.version;
    const others = (await this.#caches.keys()).filter(
      name => name.startsWith(CACHE_PREFIX) && name !== own,
    );
    const old = others.slice(0, others.length - (KEPT_BUILDS - 1));
    await Promise.all(old.map(name => this.#caches.delete(name)));
  }

  /** Null leaves the request to the browser. */
  answer(request: Request): Promise<Response> | null {
    const { origin, pathname } = new URL(request.url);
    if (request.method !== 'GET' || origin !== this.#origin) return null;
    if (request.mode === 'navigate')
      return PAGES.test(pathname) ? this.#fromNetwork(request, '/') : null;
    if (pathname.startsWith(HASHED)) return this.#hashed(request, pathname);
    return this.#build.files.includes(pathname) ? this.#fromNetwork(request, pathname) : null;
  }

  /** What has a hash in its name never changes, whichever build it is of. */
  async #hashed(request: Request, path: string): Promise<Response> {
    return (await this.#caches.match(path, { ignoreVary: true })) ?? this.#fetch(request);
  }

  /** The server's own answer, so that a new build is shown at once; the kept one where there is none in time. */
  async #fromNetwork(request: Request, path: string): Promise<Response> {
    const network = this.#fetch(request);
    const timeout = new Promise<null>(resolve => setTimeout(resolve, NETWORK_TIMEOUT, null));
    const answer = await Promise.race([network, timeout]).catch(() => null);
    if (answer && answer.status < 500) return answer;
    return (await this.#kept(path)) ?? answer ?? network;
  }

  async #kept(path: string): Promise<Response | undefined> {
    const cache = await this.#caches.open(CACHE_PREFIX + this.#build.version);
    return cache.match(path, { ignoreVary: true });
  }
}
