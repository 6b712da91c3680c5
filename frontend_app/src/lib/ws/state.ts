// What the client knows (State), what can happen (Event), and what is to be done about it (Effect).
// Only shapes: reduce.ts decides, driver.ts carries out.

import type { Ending } from './closes';
import { EMPTY_HISTORY, type History } from './history';
import { EMPTY_OUTBOX, type Outbox, type OutboxMessage } from './outbox';
import type { ChatMessage, ClientFrame, ServerFrame, Session } from './protocol';

/** What the person is shown. */
export type ConnectionState =
  | 'disconnected'
  | 'connecting'
  | 'authenticating'
  | 'authenticated'
  | 'reconnecting';

export type Wait = 'backoff' | 'offline' | 'hidden';

/** A request for a new token on a connection that stays usable meanwhile. */
export type Reauth = { since: number; until: number; tries: number };

/** How the next attempt comes by its token: while the socket opens, before it does, or anew before it does. */
export type Supply = 'alongside' | 'first' | 'fresh';

/** The life of one connection, one step after the other. `ask` is the token request that still counts, or 0. */
export type Link =
  | { is: 'off'; ending: Ending | null }
  | { is: 'seeking'; ask: number; supply: Supply }
  | { is: 'opening'; ask: number; token: string | null }
  /** The socket is open; `auth` is on the wire once `authId` is set. */
  | { is: 'proving'; ask: number; authId: string | null }
  | Live
  | { is: 'waiting'; why: Wait; retryAt: number | null; supply: Supply };

export type Live = {
  is: 'live';
  ask: number;
  /** An `auth` on the wire that is still to be answered. */
  authId: string | null;
  heardAt: number;
  probing: boolean;
  reauth: Reauth | null;
};

export interface Config {
  authTimeout: number;
  maxAuthAttempts: number;
  openTimeout: number;
  tokenTimeout: number;
  silence: number;
  probe: number;
  wakeProbe: number;
  stableAfter: number;
  ackLate: number;
}

export const DEFAULTS: Config = {
  authTimeout: 5_000,
  maxAuthAttempts: 1,
  openTimeout: 10_000,
  tokenTimeout: 8_000,
  silence: 25_000,
  probe: 10_000,
  wakeProbe: 3_000,
  stableAfter: 10_000,
  ackLate: 10_000,
};

export interface State {
  readonly config: Config;
  readonly recipeId: string | null;
  readonly link: Link;
  /** The number of the current socket; whatever older ones say is ignored. */
  readonly generation: number;
  /** Failed tries in a row; back to 0 after some stable seconds, or when the person or the network says so. */
  readonly attempt: number;
  /** Tries in a row that ended without an answer to `auth`, or with a broken token source. */
  readonly authFailures: number;
  /** The last close asked for a forced refresh; a second one in a row is final. */
  readonly refreshed: boolean;
  /** Whether this recipe was ever live; decides between "connecting" and "reconnecting". */
  readonly proven: boolean;
  readonly outageSince: number | null;
  readonly hidden: boolean;
  readonly offline: boolean;
  readonly session: Session | null;
  /** The token that went into the last `auth`. */
  readonly token: string | null;
  /** Makes frame ids unique: a random prefix of this page's life, and a count. */
  readonly prefix: string;
  readonly count: number;
  readonly history: History;
  readonly outbox: Outbox;
}

export type Timer = 'deadline' | 'retry' | 'silence' | 'stable' | 'reauth' | 'late' | 'outbox';

export type Event =
  | { is: 'connect'; recipeId: string; hidden: boolean; offline: boolean }
  | { is: 'disconnect' }
  | { is: 'retry_now' }
  | { is: 'opened'; generation: number }
  | { is: 'closed'; generation: number; code: number; reason: string }
  | { is: 'frame'; generation: number; frame: ServerFrame }
  | { is: 'noise'; generation: number; tooLarge: boolean }
  | { is: 'token'; ask: number; token: string }
  | { is: 'no_token'; ask: number; why: 'denied' | 'unavailable' | 'broken' }
  | { is: 'timer'; timer: Timer }
  | { is: 'online' | 'offline' | 'shown' | 'hidden' | 'frozen' | 'thawed' }
  | { is: 'send'; id: string; content: string }
  | { is: 'retry_message'; id: string; newId: string }
  | { is: 'drop_message'; id: string }
  | { is: 'restored'; recipeId: string; messages: readonly OutboxMessage[] }
  | { is: 'older'; recipeId: string; messages: readonly ChatMessage[] };

/** When something happens, and the dice for it: what a pure function cannot find out itself. */
export type Moment = { now: number; dice: number };

export type Effect =
  | { is: 'open'; generation: number; recipeId: string }
  /** Lets go of the socket, if there is one, and of the token request. */
  | { is: 'close'; polite: boolean }
  | { is: 'send'; generation: number; frame: ClientFrame }
  | { is: 'ask_token'; ask: number; fresh: boolean; not: string | null }
  | { is: 'set_timer'; timer: Timer; after: number }
  | { is: 'clear_timer'; timer: Timer }
  | { is: 'listen'; on: boolean }
  | { is: 'told'; what: 'auth_sent' | 'live' | 'ended' };

export function initialState(config: Config, prefix: string): State {
  return {
    config,
    recipeId: null,
    link: { is: 'off', ending: null },
    generation: 0,
    attempt: 0,
    authFailures: 0,
    refreshed: false,
    proven: false,
    outageSince: null,
    hidden: false,
    offline: false,
    session: null,
    token: null,
    prefix,
    count: 0,
    history: EMPTY_HISTORY,
    outbox: EMPTY_OUTBOX,
  };
}

export function connectionState(state: State): ConnectionState {
  const again = state.proven || state.attempt > 0;
  switch (state.link.is) {
    case 'off':
      return 'disconnected';
    case 'live':
      return 'authenticated';
    case 'waiting':
      return 'reconnecting';
    case 'seeking':
    case 'opening':
      return again ? 'reconnecting' : 'connecting';
    case 'proving':
      return state.proven ? 'reconnecting' : 'authenticating';
    default:
      return state.link satisfies never;
  }
}
