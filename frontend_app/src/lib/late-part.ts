// A part of the app that is fetched when it is needed, and again when that failed: at once a few times (another server
// of a rolling update may have it), then when the network is back or the person asks.

import { reloadOnce } from './reload';

const WAITS = [300, 1_000, 3_000];

export class LatePart<Part> {
  readonly #fetchPart: () => Promise<Part>;
  readonly #listeners = new Set<() => void>();
  #part: Part | null = null;
  #is: 'idle' | 'loading' | 'failed' | 'here' = 'idle';

  constructor(fetchPart: () => Promise<Part>) {
    this.#fetchPart = fetchPart;
  }

  /** The part, `failed`, or null while it is on its way. */
  state = (): Part | 'failed' | null => (this.#is === 'failed' ? 'failed' : this.#part);

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  want = (): void => {
    if (this.#is === 'loading' || this.#is === 'here') return;
    removeEventListener('online', this.want);
    this.#become('loading');
    void this.#load();
  };

  async #load(): Promise<void> {
    for (const wait of [0, ...WAITS]) {
      if (wait > 0) await new Promise(later => setTimeout(later, wait));
      try {
        this.#part = await this.#fetchPart();
        return this.#become('here');
      } catch {
        if (!navigator.onLine) break;
      }
    }
    // The server is there and the part is not: the server is of another build, or this browser remembers a failure.
    if ((await serverAnswers()) && reloadOnce()) return;
    addEventListener('online', this.want);
    this.#become('failed');
  }

  #become(is: 'loading' | 'failed' | 'here'): void {
    this.#is = is;
    for (const listener of [...this.#listeners]) listener();
  }
}

async function serverAnswers(): Promise<boolean> {
  const request = {
    method: 'HEAD',
    cache: 'no-store',
    signal: AbortSignal.timeout(4_000),
  } as const;
  return fetch('/', request).then(
    ({ ok }) => ok,
    () => false,
  );
}
