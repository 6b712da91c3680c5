// One recipe's chat, whole, by its id: renders again at each change.

import { useContext, useEffect, useSyncExternalStore } from 'react';
import { type Chat, chatOf } from './chat.ts';
import { ChatsContext } from './chats.ts';

export function useWebSocket(recipeId: string): Chat {
  const chats = useContext(ChatsContext);
  const manager = chats.get(recipeId);
  useEffect(() => chats.acquire(recipeId), [chats, recipeId]);
  const getChat = () => chatOf(manager);
  return useSyncExternalStore(manager.subscribe, getChat, getChat);
}
