// A module of the app that is fetched when it is needed, and again when that failed: a few times at once (another
// server of a rolling update may have it), then when the network is back or the person asks.

import { reloadOnce } from './reload';

const RETRY_DELAYS = [300, 1_000, 3_000];
const SERVER_CHECK_TIMEOUT = 4_000;

export class LazyModule<Module> {
  readonly #fetchModule: () => Promise<Module>;
  readonly #listeners = new Set<() => void>();
  #module: Module | null = null;
  #isOnlineAgain = false;
  #status: 'idle' | 'loading' | 'failed' | 'loaded' = 'idle';

  constructor(fetchModule: () => Promise<Module>) {
    this.#fetchModule = fetchModule;
  }

  /** The module, `failed`, or null while it is loading. */
  state = (): Module | 'failed' | null => (this.#status === 'failed' ? 'failed' : this.#module);

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  load = (): void => {
    if (this.#status === 'loading' || this.#status === 'loaded') return;
    addEventListener('online', this.#retryOnline);
    this.#setStatus('loading');
    void this.#fetch();
  };

  #retryOnline = (): void => {
    this.#isOnlineAgain = true;
    this.load();
  };

  async #fetch(): Promise<void> {
    do {
      this.#isOnlineAgain = false;
      if (await this.#tryFetching()) {
        removeEventListener('online', this.#retryOnline);
        return this.#setStatus('loaded');
      }
      // The server answers and does not have the module: it is of another build.
      const mayBeGone = navigator.onLine && !this.#isOnlineAgain;
      if (mayBeGone && (await serverAnswers()) && reloadOnce()) return;
      // The network may have come back since the last try failed.
    } while (this.#isOnlineAgain);
    this.#setStatus('failed');
  }

  async #tryFetching(): Promise<boolean> {
    for (const delay of [0, ...RETRY_DELAYS]) {
      if (delay > 0) await new Promise(resolve => setTimeout(resolve, delay));
      try {
        this.#module = await this.#fetchModule();
        return true;
      } catch {
        if (!navigator.onLine) break;
      }
    }
    return false;
  }

  #setStatus(status: 'loading' | 'failed' | 'loaded'): void {
    this.#status = status;
    for (const listener of [...this.#listeners]) listener();
  }
}

async function serverAnswers(): Promise<boolean> {
  const request = {
    method: 'HEAD',
    cache: 'no-store',
    signal: AbortSignal.timeout(SERVER_CHECK_TIMEOUT),
  } as const;
  return fetch('/', request).then(
    ({ ok }) => ok,
    () => false,
  );
}
