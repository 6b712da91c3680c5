// What became of a message that was sent, as the change of the state in a turn shows it. Pure.

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

/** What became of a message in a turn: as it was stored, or why it was not. Undefined while it waits. */
export function outcomeOf(
  id: string,
  { outbox: before }: State,
  { outbox, history, session, connection }: State,
): ChatMessage | SendError | undefined {
  const isIt = (message: { id: string }) => message.id === id;
  const hasEnded = connection.kind === 'disconnected';
  const waiting = outbox.find(isIt);
  const isOpen = waiting ? !waiting.failure : !before.some(isIt);
  if (isOpen && !hasEnded) return undefined;
  const stored = history.messages.findLast(
    message => isIt(message) && message.author.id === session?.user.id,
  );
  const { code = hasEnded ? 'disconnected' : 'dropped', message } = waiting?.failure ?? {};
  return stored ?? new SendError(code, message);
}
