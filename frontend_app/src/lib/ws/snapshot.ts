// What components see: one immutable picture of the client, made from its state.

import type { Ending } from './closes';
import type { History } from './history';
import type { OutboxMessage } from './outbox';
import type { Session } from './protocol';
import { type ConnectionState, connectionState, type Kept } from './state';

export interface Snapshot extends History {
  readonly state: ConnectionState;
  readonly recipeId: string;
  readonly outbox: readonly OutboxMessage[];
  readonly session: Session | null;
  /** The server's name for the last connection, for whoever reports a fault. */
  readonly connection: string | null;
  /** Since when a new token has been fetched while everything goes on; null when none is. */
  readonly reauthSince: number | null;
  /** When the connection was last lost (or first asked for); null while it works. */
  readonly outageSince: number | null;
  /** Whether this recipe was ever live. */
  readonly proven: boolean;
  /** When the next attempt begins; Infinity while nobody looks. */
  readonly retryAt: number | null;
  /** Why it ended for good. */
  readonly ending: Ending | null;
}

export function snapshotOf(state: Kept): Snapshot {
  const { link, history, outbox, session, connection, recipeId, outageSince, proven, ending } =
    state;
  return {
    ...history,
    state: connectionState(state),
    recipeId,
    outbox,
    session,
    connection,
    reauthSince: link.is === 'authenticated' ? link.reauthSince : null,
    outageSince,
    proven,
    retryAt: link.is === 'waiting' ? link.until : null,
    ending,
  };
}
