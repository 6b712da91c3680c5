// How many messages of others have come in since the reader last looked.

import type { ChatMessage } from '@recipe-chat/client';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { texts } from '../texts';

export function useUnread(
  messages: readonly ChatMessage[],
  me: string,
  isLooking: boolean,
): number {
  const newest = messages.at(-1)?.revision ?? 0;
  const [seen, setSeen] = useState(0);
  // What is there at first is not news.
  if (newest > 0 && (isLooking || seen === 0) && seen !== newest) setSeen(newest);
  if (isLooking || seen === 0 || seen === newest) return 0;
  let count = 0;
  for (let at = messages.length - 1; (messages[at]?.revision ?? 0) > seen; at -= 1)
    if (messages[at]?.author.id !== me) count += 1;
  return count;
}

/** Names the page, with the number of messages that came in while it was in the background. */
export function useUnreadTitle(title: string, messages: readonly ChatMessage[], me: string): void {
  const isVisible = useSyncExternalStore(subscribeToVisibility, () => !document.hidden);
  const unread = useUnread(messages, me, isVisible);
  useEffect(() => {
    document.title = texts.pageTitle(title, unread);
  }, [title, unread]);
}

function subscribeToVisibility(listener: () => void): () => void {
  document.addEventListener('visibilitychange', listener);
  return () => document.removeEventListener('visibilitychange', listener);
}
