// Promises of what the server does with the messages that are sent: the state knows it, and changes; this tells whoever
// waits. Decides nothing.

import type { ChatMessage } from './protocol.ts';
import type { State } from './state.ts';

/** Why a message was not accepted. */
export class SendError extends Error {
  override readonly name = 'SendError';
  /**
   * The server's error code, or what this client found: `empty`, `too_long`, `queue_full`; `disconnected`: the
   * connection has ended, and the message waits for the next one; `expired`: it waited for a day; `dropped`: somebody
   * deleted it.
   */
  readonly code: string;

  constructor(code: string, message = code) {
    super(message);
    this.code = code;
  }
}

interface Waiter {
  resolve(message: ChatMessage): void;
  reject(error: SendError): void;
}

export class Acceptances {
  readonly #waiters = new Map<string, Waiter>();

  of(id: string): Promise<ChatMessage> {
    return new Promise((resolve, reject) => {
      this.#waiters.set(id, { resolve, reject });
    });
  }

  /** After each turn: the message waits, has failed, was stored or was deleted. */
  settle({ outbox: before }: State, { outbox, history, session, connection }: State): void {
    const hasEnded = connection.kind === 'disconnected';
    for (const [id, { resolve, reject }] of this.#waiters) {
      const isIt = (message: { id: string }) => message.id === id;
      const waiting = outbox.find(isIt);
      const isOpen = waiting ? !waiting.failure : !before.some(isIt);
      if (isOpen && !hasEnded) continue;
      this.#waiters.delete(id);
      const stored = history.messages.findLast(
        message => isIt(message) && message.author.id === session?.user.id,
      );
      const { code, message } = waiting?.failure ?? {};
      if (stored) resolve(stored);
      else reject(new SendError(code ?? (hasEnded ? 'disconnected' : 'dropped'), message));
    }
  }
}
