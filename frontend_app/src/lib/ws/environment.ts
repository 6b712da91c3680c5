// Everything of the outside world that the client touches, so that tests can bring their own.
// `browser` is the real one; it looks things up when they are used, never at import.

/** The network or the person is back; nobody looks; the network is gone, or the page is put on ice. */
export type Surrounding = 'awake' | 'hidden' | 'cut_off';

/** The part of WebSocket that is used. */
export interface Socket {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}

export interface Environment {
  openSocket(recipeId: string): Socket;
  now(): number;
  /** A random number from 0 to 1. */
  dice(): number;
  newId(): string;
  setTimer(run: () => void, after: number): () => void;
  listen(tell: (change: Surrounding) => void): () => void;
  isHidden(): boolean;
  isOffline(): boolean;
  /** Runs once before the next paint, or at once when nobody looks. */
  soon(run: () => void): void;
}

export const SUBPROTOCOL = 'recipe-chat.v1';

export const browser: Environment = {
  openSocket(recipeId) {
    const origin = (globalThis.location?.origin ?? '').replace(/^http/, 'ws');
    const url = `${origin}/v1/chat/${encodeURIComponent(recipeId)}`;
    return new WebSocket(url, SUBPROTOCOL) as unknown as Socket;
  },
  now: () => Date.now(),
  dice: () => Math.random(),
  newId: () => randomHex(16),
  setTimer(run, after) {
    const timer = setTimeout(run, after);
    return () => clearTimeout(timer);
  },
  listen(tell) {
    const end = new AbortController();
    const options = { signal: end.signal };
    const on = (name: string, change: () => Surrounding) =>
      globalThis.addEventListener?.(name, () => tell(change()), options);
    on('online', () => 'awake');
    on('pageshow', () => 'awake');
    on('offline', () => 'cut_off');
    on('pagehide', () => 'cut_off');
    // Bubbles up from the document.
    on('visibilitychange', () => (this.isHidden() ? 'hidden' : 'awake'));
    return () => end.abort();
  },
  isHidden: () => globalThis.document?.visibilityState === 'hidden',
  isOffline: () => globalThis.navigator?.onLine === false,
  soon(run) {
    if (typeof requestAnimationFrame === 'function' && !this.isHidden()) requestAnimationFrame(run);
    else queueMicrotask(run);
  },
};

/** Random bytes as text; works also where `crypto.randomUUID` is missing (plain HTTP on a local network). */
export function randomHex(bytes: number): string {
  const random = [...crypto.getRandomValues(new Uint8Array(bytes))];
  return random.map(byte => byte.toString(16).padStart(2, '0')).join('');
}
