// Made by scripts/generate-protocol.js from proto/websocket/schema.json; do not edit.

/** What proves who the client is. */
export interface AuthPayload {
  /** The id of the message at that revision; absent at revision 0. */
  message_id?: string | null;
  /** The last revision that the client has. */
  revision?: number | null;
  /** A session to resume. */
  session?: string | null;
  /** The access token. */
  token: string;
  /** W3C trace context. */
  traceparent?: string | null;
}

/** Asks for a fresh `auth`. */
export interface AuthRequired {
  /** When the connection will be closed if nothing comes: RFC 3339, UTC. */
  expires_at: string;
  reason: AuthRequiredReason;
}

/** Why a fresh `auth` is wanted. */
export type AuthRequiredReason =
  | "Token expiring soon"
  | "Session review requested"
  | (string & {});

/** A user as others see them. */
export interface Author {
  id: string;
  name: string;
}

/** A part of a recipe that a message changed. */
export interface Change {
  /** Of an ingredient or step: its id; of a tag: the tag. */
  id?: string | null;
  op: ChangeOp;
  what: ChangedPart;
}

/** What became of it. */
export type ChangeOp =
  | "added"
  | "changed"
  | "removed"
  | "moved"
  | (string & {});

/** Which kind of part. */
export type ChangedPart =
  | "ingredient"
  | "step"
  | "title"
  | "servings"
  | "tag"
  | "description"
  | (string & {});

/** What is said. */
export interface ChatPayload {
  /** 1 to 4,000 characters after trimming. */
  content: string;
  /** W3C trace context. */
  traceparent?: string | null;
}

/** A frame that a client sends. */
export type ClientFrame =
  | {
    /** Unique per sender. */
    id?: string | null;
    payload: AuthPayload;
    /** RFC 3339, UTC; informative. */
    timestamp?: string | null;
    type: "auth";
  }
  | {
    /** The idempotency key: 1 to 128 characters. */
    id: string;
    payload: ChatPayload;
    /** RFC 3339, UTC; informative. */
    timestamp?: string | null;
    type: "chat_message";
  }
  | {
    /** Named by the `pong`. */
    id: string;
    payload: Empty;
    /** RFC 3339, UTC; informative. */
    timestamp?: string | null;
    type: "ping";
  }
  | {
    /** Named by nothing: there is no answer. */
    id?: string | null;
    payload: Empty;
    /** RFC 3339, UTC; informative. */
    timestamp?: string | null;
    type: "typing";
  };

/** Why the server closes the connection, and what to do about it. */
export interface Closing {
  action: ClosingAction;
  /** The code of the close that follows. */
  code: number;
  /** The id under which operators find this connection. */
  connection: string;
  /** Its reason. */
  reason: string;
  /** With `reconnect`: how long to wait at least. It differs from client to client. */
  retry_after_ms?: number | null;
}

/** What a client does after a close, as the server's last frame says it: for programs that do not know the reason. */
export type ClosingAction =
  | "reconnect"
  | "sign_in"
  | "stop"
  | (string & {});

/** Nothing. */
export type Empty = Record<string, unknown>;

/** Why a client's message was not carried out. */
export type ErrorCode =
  | "invalid_message"
  | "message_too_long"
  | "rate_limited"
  | "forbidden"
  | "conflict"
  | "unavailable"
  | "internal"
  | (string & {});

/** Why a client's message was not carried out. */
export interface ErrorPayload {
  code: ErrorCode;
  /** The `id` of the client's message, when known. */
  in_reply_to?: string | null;
  /** For people. */
  message: string;
  /** When to try again. */
  retry_after_ms?: number | null;
  /** Whether the same message may succeed later. */
  retryable: boolean;
}

/** One line of the ingredient list. */
export interface Ingredient {
  /** Unique in the recipe, never used again. */
  id: string;
  name: string;
  /** Empty when there is none. */
  note: string;
  /** As a cook writes it: `1 1/2`, `2-3`; empty when there is none. */
  quantity: string;
  /** Empty when there is none. */
  unit: string;
}

/** A message that was accepted. */
export interface Message {
  author: Author;
  /** What it changed in the recipe; left out in old messages, and where that is nearly everything. */
  changes?: Change[] | null;
  content: string;
  /** What it did to the recipe, in words; `null` for plain talk. */
  effect?: string | null;
  /** What would work, when it looked like a command that could not be followed; only its author is told. */
  hint?: string | null;
  /** Chosen by the author's client. */
  id: string;
  /** Its place in the recipe's one order: 1, 2, 3… */
  revision: number;
  /** At most 3 messages that would work, word for word, to be offered for a tap; only its author is told. */
  suggestions?: string[] | null;
  /** When it was accepted: RFC 3339, UTC. */
  timestamp: string;
}

/** Somebody who is on the recipe, by however many connections. */
export interface Person {
  id: string;
  /** As others see it. */
  name: string;
  /** What they may do. */
  role: Role;
  /** Whether they are writing a message. */
  typing: boolean;
}

/** The answer to `ping`. */
export interface Pong {
  /** The `id` of the `ping`. */
  in_reply_to?: string | null;
}

/** Who is on the recipe, at any edge. */
export interface Presence {
  /** How many there are. */
  count: number;
  /** The first 50, in the order in which they came. */
  people: Person[];
}

/** The state of a recipe. */
export interface Recipe {
  /** A few words on the dish. */
  description?: string | null;
  ingredients: Ingredient[];
  /** How many it serves. */
  servings: number;
  steps: Step[];
  tags: string[];
  /** Those that run, and those that ended less than an hour ago and nobody has stopped; builds before them leave it out. */
  timers?: Timer[] | null;
  title: string;
}

/** A recipe at a revision, and what led there. */
export interface RecipeUpdate {
  /** The `id` of the client's message that this answers. */
  in_reply_to?: string | null;
  /** The message that was accepted; absent in the answer to `auth`. */
  message?: Message | null;
  /** Messages that the client may not have, oldest first. */
  messages?: Message[] | null;
  /** Whether older messages exist than the first of `messages`. */
  messages_truncated?: boolean | null;
  recipe: Recipe;
  recipe_id: string;
  /** Only in the answer to an `auth` that named a revision: whether nothing is missing since then. */
  recovered?: boolean | null;
  /** The revision that `recipe` stands at. */
  revision: number;
  /** The client's session: in the answer to `auth`, and without `in_reply_to` when its role or visibility has changed. */
  session?: SessionInfo | null;
}

/** What somebody may do with a recipe. */
export type Role =
  | "owner"
  | "editor"
  | "viewer"
  | (string & {});

/** A frame that the server sends. */
export type ServerFrame =
  | {
    /** UUIDv7. */
    id: string;
    payload: RecipeUpdate;
    /** RFC 3339, UTC. */
    timestamp: string;
    type: "recipe_update";
  }
  | {
    /** UUIDv7. */
    id: string;
    payload: AuthRequired;
    /** RFC 3339, UTC. */
    timestamp: string;
    type: "auth_required";
  }
  | {
    /** UUIDv7. */
    id: string;
    payload: ErrorPayload;
    /** RFC 3339, UTC. */
    timestamp: string;
    type: "error";
  }
  | {
    /** UUIDv7. */
    id: string;
    payload: Pong;
    /** RFC 3339, UTC. */
    timestamp: string;
    type: "pong";
  }
  | {
    /** UUIDv7. */
    id: string;
    payload: Presence;
    /** RFC 3339, UTC. */
    timestamp: string;
    type: "presence";
  }
  | {
    /** UUIDv7. */
    id: string;
    payload: Closing;
    /** RFC 3339, UTC. */
    timestamp: string;
    type: "closing";
  };

/** The session that an `auth` opened or renewed. */
export interface SessionInfo {
  /** The id under which operators find this connection; builds before it was told leave it out. */
  connection?: string | null;
  /** When the token ends: RFC 3339, UTC. */
  expires_at: string;
  /** Give it as `payload.session` to resume after a lost connection. */
  id: string;
  /** When `auth_required` will come: RFC 3339, UTC. */
  reauth_at: string;
  /** What the user may do; builds before it was told leave it out. */
  role?: Role | null;
  user: Author;
  /** Who may come in; builds before it was told leave it out. */
  visibility?: Visibility | null;
}

/** One step of the method. */
export interface Step {
  /** Unique in the recipe, never used again. */
  id: string;
  text: string;
}

/** A timer, started by a message such as `timer 9 minutes for the pasta`. */
export interface Timer {
  /** The name of whoever started it. */
  by: string;
  /** RFC 3339, UTC. */
  ends_at: string;
  /** Unique in the recipe, never used again. */
  id: string;
  /** What it is for; empty when nobody said. */
  label: string;
}

/** Who may come into a recipe. */
export type Visibility =
  | "private"
  | "open"
  | "public"
  | (string & {});

const AuthorShape = { id: '', name: '' };
const ChangeShape = { 'id?': '', op: '', what: '' };
const MessageShape = { author: AuthorShape, 'changes?': [ChangeShape], content: '', 'effect?': '', 'hint?': '', id: '', revision: 0, 'suggestions?': [''], timestamp: '' };
const IngredientShape = { id: '', name: '', note: '', quantity: '', unit: '' };
const StepShape = { id: '', text: '' };
const TimerShape = { by: '', ends_at: '', id: '', label: '' };
const RecipeShape = { 'description?': '', ingredients: [IngredientShape], servings: 0, steps: [StepShape], tags: [''], 'timers?': [TimerShape], title: '' };
const SessionInfoShape = { 'connection?': '', expires_at: '', id: '', reauth_at: '', 'role?': '', user: AuthorShape, 'visibility?': '' };
const RecipeUpdateShape = { 'in_reply_to?': '', 'message?': MessageShape, 'messages?': [MessageShape], 'messages_truncated?': false, recipe: RecipeShape, recipe_id: '', 'recovered?': false, revision: 0, 'session?': SessionInfoShape };
const AuthRequiredShape = { expires_at: '', reason: '' };
const ErrorPayloadShape = { code: '', 'in_reply_to?': '', message: '', 'retry_after_ms?': 0, retryable: false };
const PongShape = { 'in_reply_to?': '' };
const PersonShape = { id: '', name: '', role: '', typing: false };
const PresenceShape = { count: 0, people: [PersonShape] };
const ClosingShape = { action: '', code: 0, connection: '', reason: '', 'retry_after_ms?': 0 };

/** Examples of all frames: 0 stands for integers from 0 on. A key with a question mark may be missing or null. */
export const SHAPES = {
  __proto__: null,
  recipe_update: { id: '', payload: RecipeUpdateShape, timestamp: '' },
  auth_required: { id: '', payload: AuthRequiredShape, timestamp: '' },
  error: { id: '', payload: ErrorPayloadShape, timestamp: '' },
  pong: { id: '', payload: PongShape, timestamp: '' },
  presence: { id: '', payload: PresenceShape, timestamp: '' },
  closing: { id: '', payload: ClosingShape, timestamp: '' },
} as const;
