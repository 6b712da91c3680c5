// Which of the messages are in the DOM: the newest ones, or a range further back that the reader asked for. Few enough
// that long conversations stay fast, searchable and usable with a screen reader.

import type { ChatMessage } from '@recipe-chat/client';
import { useMemo, useState } from 'react';

const MAX_ROWS = 400;
export const PAGE_SIZE = 200;

export interface MessageWindow {
  shown: readonly ChatMessage[];
  /** How many loaded messages come before the shown ones. */
  before: number;
  /** The shown ones end before the newest. */
  endsEarly: boolean;
  /** Makes room for `count` rows at the front, by leaving out as many at the end as are too many. */
  showEarlier: (count: number) => void;
  showLater: () => void;
  showNewest: () => void;
}

export function useMessageWindow(messages: readonly ChatMessage[]): MessageWindow {
  /** The revision of the last shown message: stays right when older messages are added before it. Null: the newest. */
  const [until, setUntil] = useState<number | null>(null);
  const end = until === null ? messages.length : indexAfter(messages, until);
  const start = Math.max(0, end - MAX_ROWS);
  const shown = useMemo(() => messages.slice(start, end), [messages, start, end]);
  const showEarlier = (count: number) => {
    const tooMany = Math.max(0, shown.length + count - MAX_ROWS);
    if (tooMany > 0) setUntil(messages[end - 1 - tooMany]?.revision ?? null);
  };
  const showLater = () => {
    const reachesNewest = end + PAGE_SIZE >= messages.length;
    setUntil(reachesNewest ? null : (messages[end - 1 + PAGE_SIZE]?.revision ?? null));
  };
  return {
    shown,
    before: start,
    endsEarly: end < messages.length,
    showEarlier,
    showLater,
    showNewest: () => setUntil(null),
  };
}

/** The index after the last message that is not newer than `revision`. */
function indexAfter(messages: readonly ChatMessage[], revision: number): number {
  return messages.findLastIndex(message => message.revision <= revision) + 1;
}
