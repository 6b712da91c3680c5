// What the client knows (State) and what can happen (Event). Only shapes: reduce.ts decides, shell.ts carries out.
// There are no commands: the shell makes the world agree with the state, and sends the frames that a turn leaves.

import type { Ending } from './closes';
import type { Surrounding } from './environment';
import { EMPTY_HISTORY, type History } from './history';
import type { OutboxMessage } from './outbox';
import type { ChatMessage, ClientFrame, ServerFrame, Session } from './protocol';

/** What the person is shown. */
export type ConnectionState =
  | 'disconnected'
  | 'connecting'
  | 'authenticating'
  | 'authenticated'
  | 'reconnecting';

/**
 * The life of one connection, one step after the other: it asks for a token (`seeking`), waits for the socket
 * (`connecting`) and for an answer to `auth` (`authenticating`), works (`authenticated`), and after a loss waits for
 * the next attempt (`waiting`). `until`: when the step has lasted too long, or is done.
 */
export type Link =
  | { is: 'disconnected' | 'seeking' | 'connecting' | 'waiting'; until: number }
  | Authenticating
  | Live;

export type Authenticating = { is: 'authenticating'; until: number; auth: SentAuth };

/** An `auth` on the wire, and the revision that it named. */
export type SentAuth = { id: string; revision: number | null };

export type Live = {
  is: 'authenticated';
  /** When the silence becomes suspicious, or after a `ping`, unbearable. */
  until: number;
  probing?: boolean;
  /** From then on the troubles of before are forgiven. */
  stableAt: number;
  /** An `auth` on the wire that is still to be answered. */
  auth?: SentAuth | null;
  /** The server wants a new token on this connection, which stays usable; null when it does not. */
  reauthSince: number | null;
  /** The server closes then. */
  deadline: number;
  /** When the token ends by our clock, and with it the connection, whoever sleeps. */
  tokenEnd: number;
  /** When to ask the token source again. */
  nextTry: number;
};

/** What the token source is asked for; see token-source.ts. */
export type Wish = { fresh: boolean; not: string | null };

/** When something happens, and what else a pure function cannot find out itself. */
export interface Moment {
  now: number;
  /** A random number from 0 to 1. */
  dice: number;
  /** A new id. */
  id: string;
  /** Nobody looks at the page. */
  hidden: boolean;
  offline: boolean;
}

/** What is kept from turn to turn. */
export interface Kept extends OfRecipe {
  /** The time of the last turn. */
  now: number;
  readonly maxAuthAttempts: number;
  /** How far the clock was set back while we looked: time does not go back. */
  slip: number;
  /** Empty before the first `connect`. */
  recipeId: string;
  link: Link;
  /** Why it ended for good. */
  ending: Ending | null;
  /** The request to the token source that still counts. */
  wish: Wish | null;
  /** How many frames nobody understood. */
  noise: number;
  /** Failed tries in a row, also for a token; back to 0 after some stable seconds, or when the person or the network says so. */
  attempt: number;
  /** Tries in a row that ended without an answer to `auth`, or with a broken token source. */
  authFailures: number;
  /** The last close could be mended without the person; a second one in a row is final. */
  mended: boolean;
  /** The next attempt begins with a forced refresh. */
  fresh: boolean;
  outageSince: number | null;
  /** The last token that was taken into use. */
  token: string | null;
}

/** What a turn works on. */
export interface State extends Kept, Moment {
  /** What goes on the wire after this turn. */
  frames: ClientFrame[];
}

/** What belongs to one recipe and is forgotten with it. */
interface OfRecipe {
  /** Whether it was ever live; decides between "connecting" and "reconnecting". */
  proven: boolean;
  session: Session | null;
  /** The server's name for the last connection: what operators search for. */
  connection: string | null;
  /** The server asked not to be called again before. */
  notBefore: number;
  history: History;
  /** Messages on their way; see outbox.ts. */
  outbox: readonly OutboxMessage[];
  /** Nothing is sent before this time: the server asked for a pause. */
  pausedUntil: number;
  /** Refusals that asked to try again. After one, messages go one at a time: the order would be at stake. */
  refusals: number;
}

export const NOTHING_KNOWN: OfRecipe = {
  proven: false,
  session: null,
  connection: null,
  notBefore: 0,
  history: EMPTY_HISTORY,
  outbox: [],
  pausedUntil: 0,
  refusals: 0,
};

export type Event =
  | { is: 'connect'; recipeId: string }
  | { is: 'disconnect' }
  | { is: 'retry_now' }
  | { is: 'opened' }
  | { is: 'closed'; code: number; reason: string }
  /** Null: something that no one understands, but a sign of life. */
  | { is: 'frame'; frame: ServerFrame | null }
  | { is: 'token'; token: string }
  | { is: 'no_token'; why: 'denied' | 'unavailable' | 'broken' }
  | { is: 'time' }
  | { is: Surrounding }
  | { is: 'send'; id: string; content: string }
  | { is: 'retry'; id: string }
  | { is: 'drop'; id: string }
  | { is: 'restored'; recipeId: string; messages: readonly OutboxMessage[] }
  | { is: 'older'; recipeId: string; messages: readonly ChatMessage[] };

/** What each kind of event does to the state of its turn. */
export type Turns = {
  [Is in Event['is']]: (state: State, event: Extract<Event, { is: Is }>) => void;
};

export function initialState(maxAuthAttempts: number): Kept {
  return {
    ...NOTHING_KNOWN,
    now: 0,
    maxAuthAttempts,
    slip: 0,
    recipeId: '',
    link: { is: 'disconnected', until: Number.POSITIVE_INFINITY },
    ending: null,
    wish: null,
    noise: 0,
    attempt: 0,
    authFailures: 0,
    mended: false,
    fresh: false,
    outageSince: null,
    token: null,
  };
}

export function connectionState({ link, proven, attempt }: Kept): ConnectionState {
  const { is } = link;
  if (is === 'disconnected' || is === 'authenticated') return is;
  if (is === 'waiting' || proven || attempt > 0) return 'reconnecting';
  return is === 'seeking' ? 'connecting' : is;
}
