// What happened in a turn, for listeners: found by comparing the state before and after. Decides nothing.

import type { Reason } from './closes.ts';
import type { Emitter } from './emitter.ts';
import type { ChatMessage, Closing, Presence } from './protocol.ts';
import {
  type ConnectionState,
  connectionState,
  type Event,
  type State,
  type Turn,
} from './state.ts';

export interface Events {
  /**
   * Each message that was accepted since the first answer of the server, one's own too: once, in order. What this
   * client has missed comes after it is back; of more than 500 the latest 50.
   */
  message: ChatMessage;
  presence: Presence;
  /** The connection is in another state. `reason` says why there is none; null in `authenticated`. */
  state: { state: ConnectionState; previous: ConnectionState; reason: Reason | null };
  /** The server is about to close, says why, and what to do; the client does it. */
  closing: Closing;
}

/** What the client's own parts are told, beside what everybody may hear. */
export interface AllEvents extends Events {
  /** The snapshot is another one. */
  change: undefined;
  turn: [before: State, after: Turn, event: Event];
}

export function emitEvents(
  emit: Emitter<AllEvents>['emit'],
  before: State,
  after: State,
  event: Event,
): void {
  if (event.kind === 'frame' && event.frame?.type === 'closing')
    emit('closing', event.frame.payload);
  const previous = connectionState(before);
  const state = connectionState(after);
  if (state !== previous) emit('state', { state, previous, reason: after.reason });
  if (after.presence && after.presence !== before.presence) emit('presence', after.presence);
  for (const message of newMessages(before, after)) emit('message', message);
}

/** Pages of earlier messages are not new, and neither is what the first answer brings. */
function newMessages({ history: before }: State, { history: after }: State): ChatMessage[] {
  const { revision } = before;
  if (revision === null || after.messages === before.messages) return [];
  return after.messages.filter(message => message.revision > revision);
}
