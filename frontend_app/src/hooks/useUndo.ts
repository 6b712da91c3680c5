// Takes one change of the recipe back, the one that was named, however often it is asked for.

import { useMemo, useState } from 'react';
import { type Api, ApiError } from '../lib/api';
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

/** A server of the build before takes back the last change only, by a message, which `send` sends. */
export function useUndo(
  api: Api,
  recipeId: string,
  last: Change | null,
  send: (content: string) => unknown,
): Undo {
  const calls = useMemo(() => new VersionCalls(api, recipeId), [api, recipeId]);
  const task = useTask();
  const [done, setDone] = useState<number | null>(null);
  const run = async ({ revision }: Pick<Change, 'revision'>) => {
    const undo = () =>
      calls.undo(revision).catch(error => {
        if (!(error instanceof ApiError) || error.status !== 405) throw error;
        send('undo');
      });
    if (await task.run(undo)) setDone(revision);
  };
  const isRunning = task.isRunning || (done !== null && done === last?.revision);
  return { run: change => void run(change), isRunning, problem: task.problem };
}
