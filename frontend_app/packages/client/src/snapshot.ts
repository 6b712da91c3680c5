// What components see: one immutable view of the client, made from its state.

import type { Ending, Reason } from './closes.ts';
import type { History } from './history.ts';
import type { OutboxMessage } from './outbox.ts';
import type { Presence, Session } from './protocol.ts';
import { type ConnectionState, connectionState, type State } from './state.ts';

export interface Snapshot extends History {
  readonly state: ConnectionState;
  readonly recipeId: string;
  readonly outbox: readonly OutboxMessage[];
  readonly session: Session | null;
  /** The people who are on this recipe; null before the server has said so. */
  readonly presence: Presence | null;
  /** The server's name for the last connection, for whoever reports a fault. */
  readonly connectionId: string | null;
  /** Since when a new token has been fetched while the connection stays usable; null when none is. */
  readonly reauthSince: number | null;
  /** When the connection was last lost (or first asked for); null while it works. */
  readonly outageSince: number | null;
  /** Whether a connection to this recipe was authenticated before. */
  readonly authenticatedOnce: boolean;
  /** When the next attempt begins; Infinity while the page is hidden. */
  readonly retryAt: number | null;
  /** Why there is no connection; null while there is one, and before the first was lost. */
  readonly reason: Reason | null;
  /** Why the connection ended for good. */
  readonly ending: Ending | null;
}

export function snapshotOf(state: State): Snapshot {
  const { connection } = state;
  return {
    ...state.history,
    recipeId: state.recipeId,
    state: connectionState(state),
    outbox: state.outbox,
    session: state.session,
    presence: state.presence,
    connectionId: state.connectionId,
    reauthSince: connection.kind === 'authenticated' ? connection.reauthSince : null,
    outageSince: state.outageSince,
    authenticatedOnce: state.authenticatedOnce,
    retryAt: connection.kind === 'waiting' ? connection.until : null,
    reason: state.reason,
    ending: state.ending,
  };
}
