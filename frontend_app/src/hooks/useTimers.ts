// The timers that are shown on a recipe's page: those of everybody, where the server keeps them, and this browser's own.

import type { Recipe } from '@recipe-chat/client';
import { useMemo, useSyncExternalStore } from 'react';
import { type KitchenTimer, readTimers, startTimer, subscribeToTimers } from '../lib/timers';
import { texts } from '../texts';

export interface Timers {
  list: readonly KitchenTimer[];
  start: (label: string, seconds: number) => void;
  /** Says a message, as who starts or stops a shared timer; undefined for a viewer. */
  say: ((content: string) => unknown) | undefined;
  /** When the last timer of this name ends, in ms since the epoch; undefined where there is none. */
  endOf: (label: string) => number | undefined;
}

/**
 * `say` says a message: shared timers are started and stopped by messages, so that everybody sees the same ones. A
 * server without them does not tell of any, also not of none.
 */
export function useTimers(recipe: Recipe | null, say: Timers['say']): Timers {
  const own = useSyncExternalStore(subscribeToTimers, readTimers);
  const shared = recipe?.timers;
  return useMemo(() => {
    const all = (shared ?? []).map(({ id, label, ends_at, by }) => ({
      id,
      label,
      by,
      startedAt: 0,
      endsAt: Date.parse(ends_at),
    }));
    const list: readonly KitchenTimer[] = [...all, ...own];
    return {
      list,
      endOf: label => list.findLast(timer => timer.label === label)?.endsAt,
      start: (label, seconds) => {
        if (shared && say) say(texts.timer.startRequest(seconds, label));
        else startTimer(label, seconds);
      },
      say,
    };
  }, [shared, own, say]);
}
