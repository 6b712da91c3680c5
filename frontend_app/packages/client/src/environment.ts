// Everything of the outside world that the client touches, so that tests can bring their own.
// `browserEnvironment` is the real one; it looks things up when they are used, never at import.

import type { Context, PageChange } from './context.ts';

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
  context(): Context;
  setTimer(run: () => void, delay: number): () => void;
  listen(onChange: (change: PageChange) => void): () => void;
  /** Runs once before the next paint, or at once when the page is hidden. */
  beforePaint(run: () => void): void;
}

/** Events of the window. The last one bubbles up from the document; what it means depends on `document.hidden`. */
const PAGE_CHANGES = {
  online: 'resumed',
  pageshow: 'resumed',
  offline: 'suspended',
  pagehide: 'suspended',
  visibilitychange: null,
} as const;

export const browserEnvironment: Environment = {
  openSocket(recipeId) {
    const origin = location.origin.replace(/^http/, 'ws');
    const url = `${origin}/v1/chat/${encodeURIComponent(recipeId)}`;
    return new WebSocket(url, 'recipe-chat.v1') as unknown as Socket;
  },
  context: () => ({
    now: Date.now(),
    random: Math.random(),
    newId: randomId(),
    hidden: document.hidden,
    offline: !navigator.onLine,
  }),
  setTimer(run, delay) {
    const timer = setTimeout(run, delay);
    return () => clearTimeout(timer);
  },
  listen(onChange) {
    const listening = new AbortController();
    for (const [name, change] of Object.entries(PAGE_CHANGES)) {
      const listener = () => onChange(change ?? (document.hidden ? 'hidden' : 'resumed'));
      addEventListener(name, listener, { signal: listening.signal });
    }
    return () => listening.abort();
  },
  beforePaint: run => (document.hidden ? queueMicrotask(run) : requestAnimationFrame(run)),
};

/** 128 random bits as text; works also where `crypto.randomUUID` is missing (plain HTTP on a local network). */
export function randomId(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-');
}
