// Sets of ids that are kept in this browser, one for each key: what a cook has ticked off. Shared by all components of
// the page that show the same one.

import { forgetTimers } from './timers';

const PREFIX = 'ticks:';
const EMPTY: ReadonlySet<string> = new Set();

const sets = new Map<string, ReadonlySet<string>>();
const listeners = new Set<() => void>();

export function readSet(key: string): ReadonlySet<string> {
  const known = sets.get(key);
  if (known) return known;
  const stored = read(key);
  sets.set(key, stored);
  return stored;
}

export function toggleIn(key: string, id: string): void {
  const next = new Set(readSet(key));
  if (!next.delete(id)) next.add(id);
  store(key, next);
}

export const clearSet = (key: string): void => store(key, EMPTY);

/** For a sign-out: nothing of the person stays behind. */
export function forgetSets(): void {
  sets.clear();
  forgetTimers();
  removeStored(PREFIX);
}

export function subscribeToSets(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Removes all keys of this browser's storages that begin so. */
export function removeStored(prefix: string): void {
  for (const name of ['localStorage', 'sessionStorage'] as const) {
    try {
      const storage = window[name];
      for (const key of Object.keys(storage)) if (key.startsWith(prefix)) storage.removeItem(key);
    } catch {
      // A browser that refuses storage has nothing to remove.
    }
  }
}

function store(key: string, next: ReadonlySet<string>): void {
  sets.set(key, next);
  try {
    if (next.size === 0) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, JSON.stringify([...next]));
  } catch {
    // Without storage the ticks last as long as the page.
  }
  for (const listener of [...listeners]) listener();
}

function read(key: string): ReadonlySet<string> {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(PREFIX + key) ?? '[]');
    return new Set(Array.isArray(stored) ? stored.map(String) : []);
  } catch {
    return EMPTY;
  }
}
