// Something that a button starts: whether it runs, and why it failed. One at a time.

import { useRef, useState } from 'react';
import { ApiError } from '../lib/api';
import { texts } from '../texts';

export interface Task {
  isRunning: boolean;
  problem: string;
  /** Resolves to whether it worked. */
  run: (work: () => Promise<unknown>) => Promise<boolean>;
  /** Says why something did not work that no call was made for; an empty text is none. */
  fail: (problem: string) => void;
}

/** `words` are said instead of the server’s for some statuses; 0 is no answer. */
export function useTask(words: Record<number, string> = {}): Task {
  const [isRunning, setRunning] = useState(false);
  const [problem, setProblem] = useState('');
  const running = useRef(false);
  const run = async (work: () => Promise<unknown>): Promise<boolean> => {
    if (running.current) return false;
    running.current = true;
    setRunning(true);
    setProblem('');
    try {
      await work();
      return true;
    } catch (error) {
      setProblem(problemText(error, words));
      return false;
    } finally {
      running.current = false;
      setRunning(false);
    }
  };
  return { isRunning, problem, run, fail: setProblem };
}

/** As `useTask`, for several controls: what is asked for while something runs has its turn after that, so that no control is
 * used in vain. */
export function useTaskQueue(words: Record<number, string> = {}): Task {
  const task = useTask(words);
  const last = useRef<Promise<unknown>>(Promise.resolve());
  const run = (work: () => Promise<unknown>): Promise<boolean> => {
    const turn = last.current.then(() => task.run(work));
    last.current = turn;
    return turn;
  };
  return { ...task, run };
}

export function problemText(error: unknown, words: Record<number, string> = {}): string {
  if (!(error instanceof ApiError) || error.status === 0) return words[0] ?? texts.refused;
  if (error.status === 405) return texts.notServed;
  return words[error.status] ?? (error.message || texts.refused);
}
