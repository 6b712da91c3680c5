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
} from './protocol.generated';

/** A chat message may have this many characters after trimming. */
export const LONGEST_MESSAGE = 4000;

/** Servers send less; a larger frame is refused like one with close code 1009. */
export const LARGEST_FRAME = 1_048_576;
