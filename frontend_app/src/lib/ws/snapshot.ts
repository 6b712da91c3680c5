// What components see: one immutable picture of the client, made from its state.

import type { Ending } from './closes';
import type { History } from './history';
import type { OutboxMessage } from './outbox';
import type { Session } from './protocol';
import { type ConnectionState, connectionState, type Reauth, type State } from './state';

export interface Snapshot extends Omit<History, 'messages'> {
  readonly state: ConnectionState;
  readonly recipeId: string | null;
  readonly messages: History['messages'];
  readonly outbox: readonly OutboxMessage[];
  readonly session: Session | null;
  /** A new token is being fetched while everything goes on. */
  readonly reauth: Reauth | null;
  /** When the connection was last lost (or first asked for); null while it works. */
  readonly outageSince: number | null;
  /** Whether this recipe was ever live. */
  readonly proven: boolean;
  readonly retryAt: number | null;
  /** Why it ended for good. */
  readonly ending: Ending | null;
}

export function snapshotOf(state: State): Snapshot {
  const { link, history, outbox, session, recipeId, outageSince, proven } = state;
  return Object.freeze({
    ...history,
    state: connectionState(state),
    recipeId,
    outbox: outbox.messages,
    session,
    reauth: link.is === 'live' ? link.reauth : null,
    outageSince,
    proven,
    retryAt: link.is === 'waiting' && link.until < Number.POSITIVE_INFINITY ? link.until : null,
    ending: link.is === 'off' ? link.ending : null,
  });
}
