// What the client knows (State) and what can happen (Event). Only shapes: reduce.ts decides, websocket.ts carries out.
// There are no commands: the shell makes the world agree with the state, and sends the frames that a turn leaves.

import type { Ending } from './closes';
import type { Surrounding } from './environment';
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

/** A request for a new token on a connection that stays usable meanwhile. */
export type Reauth = {
  since: number;
  /** The server closes then. */
  deadline: number;
  tries: number;
  /** When to ask the source again. */
  nextTry: number;
};

/** The life of one connection, one step after the other. `until`: when this step has lasted too long, or is done. */
export type Link =
  | { is: 'off'; ending: Ending | null }
  /** Asks for a token; there is no socket yet. */
  | { is: 'seeking'; until: number }
  | { is: 'opening'; until: number; token: string }
  /** The socket is open and `auth` is on the wire. */
  | { is: 'proving'; until: number }
  | Live
  /** For the next attempt. */
  | { is: 'waiting'; until: number };

export type Live = {
  is: 'live';
  /** When the silence becomes suspicious, or after a `ping`, unbearable. */
  until: number;
  probing: boolean;
  stableAt: number;
  /** An `auth` on the wire that is still to be answered. */
  authId: string | null;
  reauth: Reauth | null;
};

/** What the token source is asked for; see token-source.ts. */
export type Wish = { fresh: boolean; not: string | null };

/** When something happens, and what else a pure function cannot find out itself. */
export type Moment = { now: number; dice: number; hidden: boolean; offline: boolean };

export interface State extends Moment {
  readonly maxAuthAttempts: number;
  recipeId: string | null;
  link: Link;
  /** The number of the current socket. */
  generation: number;
  /** The request to the token source that still counts. */
  wish: Wish | null;
  /** What goes on the wire after this turn. */
  frames: ClientFrame[];
  /** How many frames nobody understood. */
  noise: number;
  /** Failed tries in a row; back to 0 after some stable seconds, or when the person or the network says so. */
  attempt: number;
  /** Tries in a row that ended without an answer to `auth`, or with a broken token source. */
  authFailures: number;
  /** The last close could be mended without the person; a second one in a row is final. */
  mended: boolean;
  /** The next attempt begins with a forced refresh. */
  fresh: boolean;
  /** Whether this recipe was ever live; decides between "connecting" and "reconnecting". */
  proven: boolean;
  outageSince: number | null;
  session: Session | null;
  /** The token that went into the last `auth`. */
  token: string | null;
  /** Makes frame ids unique: a random prefix of this page's life, and a count. */
  readonly prefix: string;
  count: number;
  history: History;
  outbox: Outbox;
}

export type Event =
  | { is: 'connect'; recipeId: string }
  | { is: 'disconnect' }
  | { is: 'retry_now' }
  | { is: 'opened' }
  | { is: 'closed'; code: number; reason: string }
  | { is: 'frame'; frame: ServerFrame }
  /** Something that no one understands, but a sign of life. */
  | { is: 'noise' }
  | { is: 'token'; token: string }
  | { is: 'no_token'; why: 'denied' | 'unavailable' | 'broken' }
  | { is: 'time' }
  | { is: Surrounding }
  | { is: 'send'; id: string; content: string }
  | { is: 'retry_message'; id: string; newId: string }
  | { is: 'drop_message'; id: string }
  | { is: 'restored'; recipeId: string; messages: readonly OutboxMessage[] }
  | { is: 'older'; recipeId: string; messages: readonly ChatMessage[] };

export function initialState(maxAuthAttempts: number, prefix: string): State {
  return {
    now: 0,
    dice: 0,
    hidden: false,
    offline: false,
    maxAuthAttempts,
    recipeId: null,
    link: { is: 'off', ending: null },
    generation: 0,
    wish: null,
    frames: [],
    noise: 0,
    attempt: 0,
    authFailures: 0,
    mended: false,
    fresh: false,
    proven: false,
    outageSince: null,
    session: null,
    token: null,
    prefix,
    count: 0,
    history: EMPTY_HISTORY,
    outbox: EMPTY_OUTBOX,
  };
}

export function connectionState({ link, proven, attempt }: State): ConnectionState {
  const again = proven || attempt > 0;
  switch (link.is) {
    case 'off':
      return 'disconnected';
    case 'live':
      return 'authenticated';
    case 'proving':
      return again ? 'reconnecting' : 'authenticating';
    default:
      return again ? 'reconnecting' : 'connecting';
  }
}
