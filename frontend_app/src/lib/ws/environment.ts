// Everything of the outside world that the client touches, so that tests can bring their own.
// `browser` is the real one; it looks things up when they are used, never at import.

import type { Moment } from './state';

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
  moment(): Moment;
  setTimer(run: () => void, after: number): () => void;
  listen(tell: (change: Surrounding) => void): () => void;
  /** Runs once before the next paint, or at once when nobody looks. */
  soon(run: () => void): void;
}

/** What the window hears. The last one bubbles up from the document. */
const MEANINGS = {
  online: 'awake',
  pageshow: 'awake',
  offline: 'cut_off',
  pagehide: 'cut_off',
  visibilitychange: null,
} as const;

export const browser: Environment = {
  openSocket(recipeId) {
    const origin = location.origin.replace(/^http/, 'ws');
    const url = `${origin}/v1/chat/${encodeURIComponent(recipeId)}`;
    return new WebSocket(url, 'recipe-chat.v1') as unknown as Socket;
  },
  moment: () => ({
    now: Date.now(),
    dice: Math.random(),
    id: randomId(),
    hidden: document.hidden,
    offline: !navigator.onLine,
  }),
  setTimer(run, after) {
    const timer = setTimeout(run, after);
    return () => clearTimeout(timer);
  },
  listen(tell) {
    const end = new AbortController();
    for (const [name, meaning] of Object.entries(MEANINGS)) {
      const heard = () => tell(meaning ?? (document.hidden ? 'hidden' : 'awake'));
      addEventListener(name, heard, { signal: end.signal });
    }
    return () => end.abort();
  },
  soon: run => (document.hidden ? queueMicrotask(run) : requestAnimationFrame(run)),
};

/** 128 random bits as text; works also where `crypto.randomUUID` is missing (plain HTTP on a local network). */
export function randomId(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-');
}
