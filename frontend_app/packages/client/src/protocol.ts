// The protocol's types under the names that clients use. They are made from the server's own: see
// protocol.generated.ts. Does not check anything at run time: validate.ts does.

import type * as Schema from './protocol.generated.ts';

export type {
  Author as User,
  AuthPayload,
  AuthRequired as AuthRequiredPayload,
  Change as RecipeChange,
  Closing,
  ErrorPayload,
  Ingredient,
  Message as ChatMessage,
  Person,
  Presence,
  Recipe,
  RecipeUpdate as RecipeUpdatePayload,
  Role,
  SessionInfo as Session,
  Step,
  Timer,
  Visibility,
} from './protocol.generated.ts';

export type ClientFrame = Schema.ClientFrame;
export type ServerFrame = Schema.ServerFrame;

/** A chat message may have this many characters after trimming. */
export const MAX_MESSAGE_LENGTH = 4000;
