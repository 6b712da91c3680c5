// Takes one change of the recipe back, the one that was named, however often it is asked for.

import { jsonText } from '@recipe-chat/client';
import { useState } from 'react';
import { type Api, recipePath } from '../lib/api';
import type { Change } from '../lib/last-change';
import { useTask } from './useTask';

export interface Undo {
  run: (change: Pick<Change, 'revision'>) => void;
  /** It runs, or was done and is not seen yet. */
  isRunning: boolean;
  /** Why it did not work. */
  problem: string;
}

export function useUndo(api: Api, recipeId: string, last: Change | null): Undo {
  const task = useTask();
  const [done, setDone] = useState<number | null>(null);
  const run = async ({ revision }: Pick<Change, 'revision'>) => {
    if (await task.run(() => undo(api, recipeId, revision))) setDone(revision);
  };
  const isRunning = task.isRunning || (done !== null && done === last?.revision);
  return { run: change => void run(change), isRunning, problem: task.problem };
}

/** Takes back what the message at `revision` changed, and nothing else. Asked for twice, it is done once. */
async function undo(api: Api, recipeId: string, revision: number): Promise<void> {
  const headers = { 'idempotency-key': `undo-${revision}` };
  const request = { method: 'POST', headers, body: jsonText({ revision }) };
  await api.call(`${recipePath(recipeId)}/undo`, request);
}
