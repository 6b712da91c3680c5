// The open chats of one signed-in person. The clients live outside React: components that mount and unmount, and
// StrictMode's double mounting, share one connection, which closes shortly after the last of them has unmounted.

import { type Options, WebSocketManager } from '@recipe-chat/client';
import { createContext } from 'react';

interface Use {
  users: number;
  closing: ReturnType<typeof setTimeout> | null;
}

export class Chats {
  readonly #options: Options;
  /** Not held: a render that React throws away leaves nothing behind. */
  readonly #known = new Map<string, WeakRef<WebSocketManager>>();
  readonly #used = new Map<WebSocketManager, Use>();

  constructor(options: Options = {}) {
    this.#options = options;
  }

  /** The recipe's client, the same one for everybody who holds it. */
  get(recipeId: string): WebSocketManager {
    const known = this.#known.get(recipeId)?.deref();
    if (known) return known;
    // A page may try a little longer than a bare client before a person has to act.
    const manager = new WebSocketManager({ maxAuthAttempts: 3, ...this.#options });
    this.#known.set(recipeId, new WeakRef(manager));
    return manager;
  }

  /** Connects for the first user; the returned function releases it again. */
  acquire(recipeId: string): () => void {
    const manager = this.get(recipeId);
    const use = this.#used.get(manager) ?? { users: 0, closing: null };
    this.#used.set(manager, use);
    use.users += 1;
    if (use.closing !== null) clearTimeout(use.closing);
    else if (use.users === 1) manager.connect(recipeId).catch(() => {});
    use.closing = null;
    return () => this.#release(recipeId, manager, use);
  }

  #release(recipeId: string, manager: WebSocketManager, use: Use): void {
    use.users -= 1;
    if (use.users > 0) return;
    use.closing = setTimeout(() => {
      manager.disconnect();
      this.#used.delete(manager);
      this.#known.delete(recipeId);
    });
  }
}

export const ChatsContext = createContext(new Chats());
