// Who changed which row last; and what of it is news to the reader: what others did since the visit before.

import type { ChatMessage } from '@recipe-chat/client';
import { useEffect, useMemo, useState } from 'react';
import { readLastVisit, saveLastVisit } from '../lib/last-visit';
import { rowChanges } from '../lib/row-changes';

export interface RowChanges {
  byId: ReturnType<typeof rowChanges>;
  /** What is newer is marked. */
  seen: number;
}

/** `key` names the person and the recipe. */
export function useRowChanges(key: string, messages: readonly ChatMessage[]): RowChanges {
  const [seen] = useState(() => readLastVisit(key));
  const newest = messages.at(-1)?.revision;
  useEffect(() => {
    if (newest) saveLastVisit(key, newest);
  }, [key, newest]);
  const byId = useMemo(() => rowChanges(messages), [messages]);
  return { byId, seen };
}
