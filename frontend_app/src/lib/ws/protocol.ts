// The frames of the WebSocket protocol, version 1, as TypeScript types.
// Does not check anything at run time: protocol-validate.ts does.

export interface Envelope<Type extends string, Payload> {
  type: Type;
  id: string;
  timestamp: string;
  payload: Payload;
}

export interface AuthPayload {
  token: string;
  session?: string;
  revision?: number;
}

export type ClientFrame =
  | Envelope<'auth', AuthPayload>
  | Envelope<'chat_message', { content: string }>
  | Envelope<'ping', Record<string, never>>;

export interface User {
  id: string;
  name: string;
}

export interface Ingredient {
  id: string;
  name: string;
  quantity: string;
  unit: string;
  note: string;
}

export interface Step {
  id: string;
  text: string;
}

export interface Recipe {
  title: string;
  description?: string;
  servings: number;
  ingredients: Ingredient[];
  steps: Step[];
  tags: string[];
}

export interface ChatMessage {
  id: string;
  author: User;
  content: string;
  timestamp: string;
  revision: number;
  effect: string | null;
  hint?: string;
}

export interface Session {
  id: string;
  user: User;
  reauth_at: string;
  expires_at: string;
}

export interface RecipeUpdatePayload {
  recipe_id: string;
  revision: number;
  recipe: Recipe;
  message?: ChatMessage;
  messages?: ChatMessage[];
  messages_truncated?: boolean;
  session?: Session;
  in_reply_to?: string;
}

export type ErrorCode =
  | 'invalid_message'
  | 'message_too_long'
  | 'rate_limited'
  | 'forbidden'
  | 'conflict'
  | 'unavailable'
  | 'internal';

export interface ErrorPayload {
  code: ErrorCode | (string & {});
  message: string;
  retryable: boolean;
  in_reply_to?: string;
  retry_after_ms?: number;
}

export interface AuthRequiredPayload {
  reason: string;
  expires_at: string;
}

export type ServerFrame =
  | Envelope<'recipe_update', RecipeUpdatePayload>
  | Envelope<'auth_required', AuthRequiredPayload>
  | Envelope<'error', ErrorPayload>
  | Envelope<'pong', { in_reply_to?: string }>;

/** A chat message may have this many characters after trimming. */
export const LONGEST_MESSAGE = 4000;

/** Servers send less; a larger frame is refused with close code 1009. */
export const LARGEST_FRAME = 1_048_576;
