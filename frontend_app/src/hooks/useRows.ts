// Which of the messages are in the page: the newest ones, or a stretch further back that the reader asked for.
// Few enough that long conversations stay quick, searchable and readable aloud.

import { useMemo, useState } from 'react';
import type { ChatMessage } from '../lib/ws/protocol';

const MOST_ROWS = 400;
export const PAGE = 200;

export interface Rows {
  shown: readonly ChatMessage[];
  /** How many messages before the shown ones are at hand. */
  before: number;
  /** The shown ones end before the newest. */
  isBack: boolean;
  /** Makes room for `more` rows at the front, by leaving out as many at the end as are too many. */
  goBack: (more: number) => void;
  goForth: () => void;
  goToNewest: () => void;
}

export function useRows(messages: readonly ChatMessage[]): Rows {
  /** The revision of the last shown message: stays true when older messages come in before it. Null: the newest. */
  const [until, setUntil] = useState<number | null>(null);
  const last = until === null ? messages.length : endAt(messages, until);
  const first = Math.max(0, last - MOST_ROWS);
  const shown = useMemo(() => messages.slice(first, last), [messages, first, last]);
  const goBack = (more: number) => {
    const tooMany = Math.max(0, shown.length + more - MOST_ROWS);
    if (tooMany > 0) setUntil(messages[last - 1 - tooMany]?.revision ?? null);
  };
  const goForth = () => {
    const isNewest = last + PAGE >= messages.length;
    setUntil(isNewest ? null : (messages[last - 1 + PAGE]?.revision ?? null));
  };
  return {
    shown,
    before: first,
    isBack: last < messages.length,
    goBack,
    goForth,
    goToNewest: () => setUntil(null),
  };
}

/** The place after the last message that is not newer than `revision`. */
function endAt(messages: readonly ChatMessage[], revision: number): number {
  return messages.findLastIndex(message => message.revision <= revision) + 1;
}
