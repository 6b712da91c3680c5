// Takes the last change of the recipe back, once, however often the button is pressed until that has happened.

import { useRef, useState } from 'react';
import type { Change } from '../lib/last-change';
import { texts } from '../texts';

export interface Undo {
  run: (change: Pick<Change, 'revision'>) => void;
  isRunning: boolean;
}

export function useUndo(last: Change | null, sendMessage: (content: string) => unknown): Undo {
  const [asked, setAsked] = useState<number | null>(null);
  /** As `asked`, for the second of two quick clicks. */
  const latest = useRef<number | null>(null);
  const run = ({ revision }: Pick<Change, 'revision'>) => {
    if (latest.current === revision) return;
    latest.current = revision;
    setAsked(revision);
    sendMessage(texts.recipe.undoRequest);
  };
  return { run, isRunning: asked !== null && asked === last?.revision };
}
