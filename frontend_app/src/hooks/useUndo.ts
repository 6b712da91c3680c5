// Takes one change of the recipe back, the one that was named, however often it is asked for.

import { useMemo, useState } from 'react';
import type { Api } from '../lib/api';
import type { Change } from '../lib/last-change';
import { VersionCalls } from '../lib/versions';
import { useTask } from './useTask';

export interface Undo {
  run: (change: Pick<Change, 'revision'>) => void;
  /** It runs, or was done and is not seen yet. */
  isRunning: boolean;
  /** Why it did not work. */
  problem: string;
}

export function useUndo(api: Api, recipeId: string, last: Change | null): Undo {
  const calls = useMemo(() => new VersionCalls(api, recipeId), [api, recipeId]);
  const task = useTask();
  const [done, setDone] = useState<number | null>(null);
  const run = async ({ revision }: Pick<Change, 'revision'>) => {
    if (await task.run(() => calls.undo(revision))) setDone(revision);
  };
  const isRunning = task.isRunning || (done !== null && done === last?.revision);
  return { run: change => void run(change), isRunning, problem: task.problem };
}
