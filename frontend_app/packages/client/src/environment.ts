// Everything of the outside world that the client touches: the options name it, and what they leave out is looked up
// in the browser, or in the runtime that there is. Nothing is looked up at import.

import type { Context, PageChange } from './context.ts';

/** The part of WebSocket that is used. */
export interface Socket {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}

/** The browser's `WebSocket`, or one with the same interface, such as that of the npm package `ws`. */
export type WebSocketClass = new (url: string, protocol: string) => Socket;

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs once after `delay` milliseconds, unless the returned function is called before. */
  setTimer(run: () => void, delay: number): () => void;
}

/** What the page, or the app, and its network are doing. */
export interface Lifecycle {
  isHidden(): boolean;
  isOffline(): boolean;
  /** Reports changes until the returned function is called. */
  listen(onChange: (change: PageChange) => void): () => void;
  /** Runs once before the next paint, or at once when nothing is painted. */
  beforePaint(run: () => void): void;
}

export interface EnvironmentOptions {
  /** Where the server is, such as `https://recipes.example`; a page's own origin by default. */
  url?: string | URL | undefined;
  WebSocket?: WebSocketClass | undefined;
  clock?: Clock | undefined;
  lifecycle?: Lifecycle | undefined;
  /** Numbers from 0 to 1. */
  random?: (() => number) | undefined;
}

export interface Environment {
  /** What has to be given outside a page, or where the runtime has no WebSocket; null when nothing is missing. */
  missingOption: string | null;
  clock: Clock;
  lifecycle: Lifecycle;
  openSocket(recipeId: string): Socket;
  context(): Context;
}

export function environmentOf({
  url = globalThis.location?.origin,
  WebSocket = globalThis.WebSocket,
  clock = systemClock,
  lifecycle = globalThis.document ? pageLifecycle : noLifecycle,
  random = Math.random,
}: EnvironmentOptions): Environment {
  return {
    clock,
    lifecycle,
    missingOption: !url ? 'url' : !WebSocket ? 'WebSocket' : null,
    openSocket(recipeId) {
      const base = String(url).replace(/^http/, 'ws').replace(/\/$/, '');
      return new WebSocket(`${base}/v1/chat/${encodeURIComponent(recipeId)}`, 'recipe-chat.v1');
    },
    context: () => ({
      now: clock.now(),
      random: random(),
      newId: randomId(),
      hidden: lifecycle.isHidden(),
      offline: lifecycle.isOffline(),
    }),
  };
}

const systemClock: Clock = {
  now: () => Date.now(),
  setTimer(run, delay) {
    const timer = setTimeout(run, delay);
    return () => clearTimeout(timer);
  },
};

/** A program that is never hidden. */
const noLifecycle: Lifecycle = {
  isHidden: () => false,
  isOffline: () => false,
  listen: () => () => {},
  beforePaint: queueMicrotask,
};

/** Events of the window. The last one bubbles up from the document; what it means depends on `document.hidden`. */
const PAGE_CHANGES = {
  online: 'resumed',
  pageshow: 'resumed',
  offline: 'suspended',
  pagehide: 'suspended',
  visibilitychange: null,
} as const;

const pageLifecycle: Lifecycle = {
  isHidden: () => document.hidden,
  isOffline: () => !navigator.onLine,
  listen(onChange) {
    const listening = new AbortController();
    const { signal } = listening;
    for (const [name, change] of Object.entries(PAGE_CHANGES)) {
      const listener = () => onChange(change ?? (document.hidden ? 'hidden' : 'resumed'));
      addEventListener(name, listener, { signal });
    }
    return () => listening.abort();
  },
  beforePaint: run => (document.hidden ? queueMicrotask : requestAnimationFrame)(run),
};

/** 128 random bits as text; works also without `crypto.randomUUID` (plain HTTP) or any `crypto` (React Native). */
export function randomId(): string {
  const bits = new Uint32Array(4);
  return (globalThis.crypto?.getRandomValues(bits) ?? bits.map(() => Math.random() * 2 ** 32)).join(
    '-',
  );
}
