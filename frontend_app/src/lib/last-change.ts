// The last change of a recipe, as its messages tell it. Pure.

import type { ChatMessage, User } from '@recipe-chat/client';

export interface Change {
  revision: number;
  author: User;
  /** When, as the server wrote it. */
  at: string;
  effect: string;
}

/** How far back it is looked for: a long talk without a change is not read again with every message. */
const MAX_LOOK_BACK = 500;

export function lastChange(messages: readonly ChatMessage[]): Change | null {
  for (let at = messages.length - 1; at >= Math.max(0, messages.length - MAX_LOOK_BACK); at -= 1) {
    const message = messages[at];
    if (message && changesRecipe(message)) return changeOf(message);
  }
  return null;
}

/** Whether a message was made by a button, not written by its author. */
export function isSystemMessage({ content, effect }: ChatMessage): boolean {
  return !!effect && (content.startsWith('/') || content.startsWith('Here is the recipe from '));
}

/** Rules about people begin with a slash, and leave the recipe as it is. */
function changesRecipe({ content, effect }: ChatMessage): boolean {
  return !!effect && !content.startsWith('/');
}

function changeOf({ revision, author, timestamp, effect }: ChatMessage): Change {
  return { revision, author, at: timestamp, effect: effect ?? '' };
}
