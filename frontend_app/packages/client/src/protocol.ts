// The protocol's types under the names that this app uses. They are made from the server's own: see
// protocol.generated.ts. Does not check anything at run time: protocol-validate.ts does.

export type {
  Author as User,
  AuthPayload,
  AuthRequired as AuthRequiredPayload,
  ClientFrame,
  Closing,
  ErrorPayload,
  Ingredient,
  Message as ChatMessage,
  Recipe,
  RecipeUpdate as RecipeUpdatePayload,
  ServerFrame,
  SessionInfo as Session,
  Step,
} from './protocol.generated.ts';

/** A chat message may have this many characters after trimming. */
export const MAX_MESSAGE_LENGTH = 4000;

/** Servers send shorter frames; a longer one ends the connection as close code 1009 does. */
export const MAX_FRAME_LENGTH = 1_048_576;
