// What the client knows (State) and what can happen (Event). Only types and initial values: reduce.ts decides, and
// shell.ts carries out. There are no commands: the shell makes socket, timer and token request agree with the state,
// and sends the frames that a turn leaves.

import type { Ending, Reason } from './closes.ts';
import type { Context, PageChange } from './context.ts';
import { EMPTY_HISTORY, type History } from './history.ts';
import type { OutboxMessage } from './outbox.ts';
import type { ChatMessage, ClientFrame, Presence, ServerFrame, Session } from './protocol.ts';
import type { TokenRequest } from './token-source.ts';

/** What the token source is asked; the shell adds the signal. */
export type TokenQuestion = Omit<TokenRequest, 'signal'>;

/** What the person is shown. */
export type ConnectionState =
  | 'disconnected'
  | 'connecting'
  | 'authenticating'
  | 'authenticated'
  | 'reconnecting';

/**
 * The states of the connection; reduce.ts has a diagram of them. `until`: when the state has lasted too long, or is
 * over (`waiting`).
 */
export type Connection =
  | {
      kind: 'disconnected' | 'fetching_token' | 'connecting' | 'waiting';
      until: number;
      auth?: null;
    }
  | { kind: 'authenticating'; until: number; auth: SentAuth }
  | Authenticated;

/** An `auth` that was sent, and the revision that it named. */
export type SentAuth = { id: string; revision: number | null };

export type Authenticated = {
  kind: 'authenticated';
  /** When to send a `ping` if nothing comes before; after the `ping`, when to give the connection up. */
  until: number;
  awaitingPong?: boolean;
  /** From then on the failures of before do not count any more. */
  stableAt: number;
  /** An `auth` that is still to be answered. */
  auth?: SentAuth | null;
  /** Since when the server waits for a new token on this connection, which stays usable; null when it does not. */
  reauthSince: number | null;
  /** When the token expires by our clock, and with it the connection. */
  expiresAt: number;
  /** When to ask the token source again. */
  nextTokenRequest: number;
};

interface Fields extends RecipeFields {
  /** The time of the last turn. */
  now: number;
  readonly maxAuthAttempts: number;
  /** By how much the clock was set back since the start: it is added, so that time does not go back. */
  clockOffset: number;
  /** Empty before the first `connect`. */
  recipeId: string;
  connection: Connection;
  /** Why the connection ended for good. */
  ending: Ending | null;
  /** Why there is no connection; null while there is one, and before the first was lost. */
  reason: Reason | null;
  /** The request to the token source that still counts. */
  tokenRequest: TokenQuestion | null;
  /** How many frames could not be read. */
  invalidFrames: number;
  /** Failed attempts in a row, also for a token; 0 again after some stable seconds, or when the person or the network says so. */
  attempts: number;
  /** Attempts in a row that ended without an answer to `auth`. */
  authFailures: number;
  /** The last close was answered by another attempt of a kind that is made once; a second close of that kind is final. */
  retriedOnce: boolean;
  /** The next attempt begins with a forced refresh of the token. */
  forceRefresh: boolean;
  outageSince: number | null;
  /** Before this time no `typing` is sent. */
  nextTyping: number;
  /** The last token that was taken into use. */
  token: string | null;
}

/** What belongs to one recipe and is forgotten with it. */
interface RecipeFields {
  /** Decides between "connecting" and "reconnecting". */
  authenticatedOnce: boolean;
  session: Session | null;
  /** The people who are here; null before the server has said so. Kept while the connection is away for a while. */
  presence: Presence | null;
  /** The server's name for the last connection: what operators search for. */
  connectionId: string | null;
  /** The server asked not to be called again before this time. */
  notBefore: number;
  history: History;
  /** Messages that are not stored by the server yet; see outbox.ts. */
  outbox: readonly OutboxMessage[];
  /** No message is sent before this time: the server asked for a pause. */
  pausedUntil: number;
  /**
   * Errors that asked to send a message again; at most 1 after a message was stored, 0 when all are. While there are
   * any, messages go one at a time: else their order might change.
   */
  sendFailures: number;
}

export const EMPTY_RECIPE_FIELDS: RecipeFields = {
  authenticatedOnce: false,
  connectionId: null,
  presence: null,
  session: null,
  notBefore: 0,
  history: EMPTY_HISTORY,
  outbox: [],
  pausedUntil: 0,
  sendFailures: 0,
};

/** What is kept from turn to turn. Nobody changes it: `reduce` makes the next one. */
export type State = Readonly<Fields>;

/**
 * The next state while `reduce` works on it: a copy, which the functions of connecting.ts, authenticated.ts and
 * delivery.ts are given, and change. What its fields hold is replaced, not changed, but for `connection` and `frames`,
 * which are the draft's own.
 */
export interface Draft extends Fields, Context {
  /** What is sent after this turn. */
  frames: ClientFrame[];
}

/** What a turn ends with: the next state, and the frames to send. */
export type Turn = Readonly<Draft>;

export type Event =
  | { kind: 'connect'; recipeId: string }
  | { kind: 'disconnect' }
  | { kind: 'retry_now' }
  | { kind: 'opened' }
  | { kind: 'closed'; code: number; reason: string }
  /** Null: a frame that could not be read; it shows that the connection is alive. */
  | { kind: 'frame'; frame: ServerFrame | null }
  | { kind: 'token'; token: string }
  | { kind: 'no_token'; unauthorized: boolean }
  | { kind: 'timer' }
  | { kind: PageChange }
  | { kind: 'send'; id: string; content: string }
  | { kind: 'typing' }
  | { kind: 'retry'; id: string }
  | { kind: 'drop'; id: string }
  | { kind: 'restored'; recipeId: string; messages: readonly OutboxMessage[] }
  | { kind: 'older'; recipeId: string; messages: readonly ChatMessage[] };

/** What each kind of event does to the draft of its turn. */
export type EventHandlers = {
  [Kind in Event['kind']]: (draft: Draft, event: Extract<Event, { kind: Kind }>) => void;
};

export function initialState(maxAuthAttempts: number): State {
  return {
    ...EMPTY_RECIPE_FIELDS,
    now: 0,
    maxAuthAttempts,
    clockOffset: 0,
    recipeId: '',
    connection: { kind: 'disconnected', until: Number.POSITIVE_INFINITY },
    ending: null,
    reason: null,
    tokenRequest: null,
    outageSince: null,
    token: null,
    nextTyping: 0,
    invalidFrames: 0,
    attempts: 0,
    authFailures: 0,
    retriedOnce: false,
    forceRefresh: false,
  };
}

export function connectionState(state: State): ConnectionState {
  const { kind } = state.connection;
  const { authenticatedOnce, attempts } = state;
  if (kind === 'disconnected' || kind === 'authenticated') return kind;
  if (kind === 'waiting' || authenticatedOnce || attempts > 0) return 'reconnecting';
  return kind === 'fetching_token' ? 'connecting' : kind;
}
