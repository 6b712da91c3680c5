// The last change of a recipe, as its messages tell it, and which messages were made by buttons. Pure.

import type { ChatMessage, User } from '@recipe-chat/client';

export interface Change {
  revision: number;
  author: User;
  /** When, as the server wrote it. */
  at: string;
  effect: string;
  /** It took another change back: to take it back in turn is a redo. */
  isUndo: boolean;
}

/** How far back it is looked for: a long talk without a change is not read again with every message. */
const MAX_LOOK_BACK = 500;
/** Words under which requests that no person wrote stand in the conversation. */
const UNDO = /^Undo the change of message (\d+)$/;
const BY_BUTTON =
  /^(\/|I came in by a link\.$|Here is the recipe from |Undo the change of message \d+$|Restore the recipe of revision \d+$)/;
/** Words about who may do what. */
const ABOUT_PEOPLE = /^(\/|I came in by a link\.$)/;
/** Timers are part of the recipe, but no change of it: the words for what was done with one. */
const TIMER = /^(Started a|Stopped (the|all)|Gave the)\b.*\btimers?\b/;

export function lastChange(messages: readonly ChatMessage[]): Change | null {
  for (let at = messages.length - 1; at >= Math.max(0, messages.length - MAX_LOOK_BACK); at -= 1) {
    const message = messages[at];
    if (message && changesRecipe(message)) return changeOf(message, messages);
  }
  return null;
}

/** Whether a message was made by a button, not written by its author. */
export function isSystemMessage({ content, effect }: ChatMessage): boolean {
  return !!effect && (BY_BUTTON.test(content) || isTimer(effect));
}

/** Whether a message started or stopped a timer, and changed nothing else. */
export const isTimer = (effect: string): boolean => TIMER.test(effect);

/** Rules about people leave the recipe as it is. */
function changesRecipe({ content, effect, changes }: ChatMessage): boolean {
  if (!effect || ABOUT_PEOPLE.test(content)) return false;
  return !!changes?.length || !isTimer(effect);
}

function changeOf(message: ChatMessage, messages: readonly ChatMessage[]): Change {
  const { revision, author, timestamp, effect } = message;
  const isUndo = isOddUndo(message, messages);
  return { revision, author, at: timestamp, effect: effect ?? '', isUndo };
}

/** An undo of an undo is a redo. */
function isOddUndo({ content }: ChatMessage, messages: readonly ChatMessage[]): boolean {
  const undone = Number(UNDO.exec(content)?.[1] ?? 0);
  if (undone === 0) return false;
  const target = messages.findLast(({ revision }) => revision === undone);
  return !(target && isOddUndo(target, messages));
}
