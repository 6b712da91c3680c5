// One recipe's chat as React state. The client lives outside React: components that come and go, and StrictMode's
// double mounting, share one connection, which closes shortly after the last of them has left.

import { createContext, useContext, useEffect, useSyncExternalStore } from 'react';
import { type Options, type Snapshot, WebSocketManager } from '../lib/websocket';

type Lease = {
  manager: WebSocketManager;
  users: number;
  closing: ReturnType<typeof setTimeout> | null;
};

/** The open chats of one signed-in person. */
export class Chats {
  readonly #options: Options;
  readonly #leases = new Map<string, Lease>();

  constructor(options: Options = {}) {
    this.#options = options;
  }

  of(recipeId: string): WebSocketManager {
    return this.#lease(recipeId).manager;
  }

  enter(recipeId: string): () => void {
    const lease = this.#lease(recipeId);
    lease.users += 1;
    if (lease.closing !== null) clearTimeout(lease.closing);
    else if (lease.users === 1) lease.manager.connect(recipeId).catch(() => {});
    lease.closing = null;
    return () => this.#leave(recipeId, lease);
  }

  #lease(recipeId: string): Lease {
    const lease = this.#leases.get(recipeId) ?? {
      manager: new WebSocketManager(this.#options),
      users: 0,
      closing: null,
    };
    this.#leases.set(recipeId, lease);
    return lease;
  }

  #leave(recipeId: string, lease: Lease): void {
    lease.users -= 1;
    if (lease.users > 0) return;
    lease.closing = setTimeout(() => {
      lease.manager.disconnect();
      this.#leases.delete(recipeId);
    });
  }
}

export const ChatsContext = createContext(new Chats());

export interface Chat extends Snapshot {
  manager: WebSocketManager;
  sendMessage: WebSocketManager['sendMessage'];
}

const NOTHING_YET = new WebSocketManager().getSnapshot();

export function useWebSocket(recipeId: string): Chat {
  const chats = useContext(ChatsContext);
  const manager = chats.of(recipeId);
  useEffect(() => chats.enter(recipeId), [chats, recipeId]);
  const snapshot = useSyncExternalStore(manager.subscribe, manager.getSnapshot, () => NOTHING_YET);
  return { ...snapshot, manager, sendMessage: content => manager.sendMessage(content) };
}
