// One recipe's chat as React state. The client lives outside React: components that mount and unmount, and StrictMode's
// double mounting, share one connection, which closes shortly after the last of them has unmounted.

import { type Options, type Snapshot, WebSocketManager } from '@recipe-chat/client';
import { createContext, useContext, useEffect, useSyncExternalStore } from 'react';

type SharedManager = {
  manager: WebSocketManager;
  users: number;
  closing: ReturnType<typeof setTimeout> | null;
};

/** The open chats of one signed-in person. */
export class Chats {
  readonly #options: Options;
  readonly #shared = new Map<string, SharedManager>();

  constructor(options: Options = {}) {
    this.#options = options;
  }

  get(recipeId: string): WebSocketManager {
    return this.#get(recipeId).manager;
  }

  /** Connects for the first user; the returned function releases it again. */
  acquire(recipeId: string): () => void {
    const shared = this.#get(recipeId);
    shared.users += 1;
    if (shared.closing !== null) clearTimeout(shared.closing);
    else if (shared.users === 1) shared.manager.connect(recipeId).catch(() => {});
    shared.closing = null;
    return () => this.#release(recipeId, shared);
  }

  #get(recipeId: string): SharedManager {
    const shared = this.#shared.get(recipeId) ?? {
      manager: new WebSocketManager(this.#options),
      users: 0,
      closing: null,
    };
    this.#shared.set(recipeId, shared);
    return shared;
  }

  #release(recipeId: string, shared: SharedManager): void {
    shared.users -= 1;
    if (shared.users > 0) return;
    shared.closing = setTimeout(() => {
      shared.manager.disconnect();
      this.#shared.delete(recipeId);
    });
  }
}

export const ChatsContext = createContext(new Chats());

export interface Chat extends Snapshot {
  manager: WebSocketManager;
  sendMessage: WebSocketManager['sendMessage'];
}

export function useWebSocket(recipeId: string): Chat {
  const chats = useContext(ChatsContext);
  const manager = chats.get(recipeId);
  useEffect(() => chats.acquire(recipeId), [chats, recipeId]);
  const snapshot = useSyncExternalStore(manager.subscribe, manager.getSnapshot);
  return { ...snapshot, manager, sendMessage: content => manager.sendMessage(content) };
}
