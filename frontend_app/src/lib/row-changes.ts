// Who changed which row of a recipe last, as its messages tell it. Pure.

import type { ChatMessage, User } from '@recipe-chat/client';

export interface RowChange {
  author: User;
  revision: number;
}

/** How far back it is looked for: a long talk is not read again with every message. */
const MAX_LOOK_BACK = 500;

/** By the id of an ingredient or step. */
export function rowChanges(messages: readonly ChatMessage[]): ReadonlyMap<string, RowChange> {
  const found = new Map<string, RowChange>();
  for (const { author, revision, changes } of messages.slice(-MAX_LOOK_BACK))
    for (const { id, what } of changes ?? [])
      if (id && what !== 'tag') found.set(id, { author, revision });
  return found;
}
