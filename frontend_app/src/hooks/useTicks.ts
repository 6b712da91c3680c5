// What the reader has ticked off in a recipe: survives a reload, and is not sent.

import { useCallback, useSyncExternalStore } from 'react';
import { clearSet, readSet, subscribeToSets, toggleIn } from '../lib/stored-set';

export interface Ticks {
  has: (id: string) => boolean;
  toggle: (id: string) => void;
  count: number;
  clear: () => void;
}

/** `key` names the person and the recipe. */
export function useTicks(key: string): Ticks {
  const ticked = useSyncExternalStore(subscribeToSets, () => readSet(key));
  const toggle = useCallback((id: string) => toggleIn(key, id), [key]);
  const clear = useCallback(() => clearSet(key), [key]);
  return { has: id => ticked.has(id), toggle, count: ticked.size, clear };
}
