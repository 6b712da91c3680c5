// The protocol's types under the names that clients use. They are made from the server's own: see
// protocol.generated.ts. Does not check anything at run time: protocol-validate.ts does.

import type * as Schema from './protocol.generated.ts';
import type {
  NextClientFrame,
  NextOfMessage,
  NextOfRecipe,
  NextServerFrame,
} from './protocol-next.ts';

export type {
  Author as User,
  AuthPayload,
  AuthRequired as AuthRequiredPayload,
  Closing,
  ErrorPayload,
  Ingredient,
  Role,
  SessionInfo as Session,
  Step,
  Visibility,
} from './protocol.generated.ts';
export type { Person, Presence, RecipeChange, Timer } from './protocol-next.ts';

export type ChatMessage = Schema.Message & NextOfMessage;
export type Recipe = Schema.Recipe & NextOfRecipe;

export type RecipeUpdatePayload = Schema.RecipeUpdate & {
  recipe: Recipe;
  message?: ChatMessage | null;
  messages?: ChatMessage[] | null;
};

export type ClientFrame = Schema.ClientFrame | NextClientFrame;
export type ServerFrame = Schema.ServerFrame | NextServerFrame;

/** A chat message may have this many characters after trimming. */
export const MAX_MESSAGE_LENGTH = 4000;

/** Servers send shorter frames; a longer one ends the connection as close code 1009 does. */
export const MAX_FRAME_LENGTH = 1_048_576;
