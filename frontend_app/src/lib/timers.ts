// Kitchen timers of this browser: kept over a reload, the same in all components of the page.

import { randomId } from '@recipe-chat/client';

export interface KitchenTimer {
  id: string;
  label: string;
  startedAt: number;
  endsAt: number;
  /** Who started it, when that was not the reader. */
  by?: string;
}

/** One that rang and nobody stopped is dropped after this time, in ms. */
const MAX_RINGING = 3_600_000;
const MAX_TIMERS = 20;
const KEY = 'ticks:timers';
const NONE: readonly KitchenTimer[] = [];

let timers: readonly KitchenTimer[] | null = null;
const listeners = new Set<() => void>();

export function readTimers(): readonly KitchenTimer[] {
  timers ??= read();
  return timers;
}

export function startTimer(label: string, seconds: number, now = Date.now()): void {
  const timer = { id: randomId(), label, startedAt: now, endsAt: now + seconds * 1_000 };
  store([...readTimers(), timer].slice(-MAX_TIMERS));
}

export function stopTimer(id: string): void {
  store(readTimers().filter(timer => timer.id !== id));
}

export function subscribeToTimers(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** After a sign-out its storage is gone. */
export function forgetTimers(): void {
  timers = NONE;
}

function store(next: readonly KitchenTimer[]): void {
  timers = next;
  try {
    if (next.length === 0) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // Without storage the timers last as long as the page.
  }
  for (const listener of [...listeners]) listener();
}

function read(): readonly KitchenTimer[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    const isKept = ({ endsAt }: KitchenTimer) => endsAt + MAX_RINGING > Date.now();
    return Array.isArray(stored) ? (stored as KitchenTimer[]).filter(isKept) : NONE;
  } catch {
    return NONE;
  }
}
