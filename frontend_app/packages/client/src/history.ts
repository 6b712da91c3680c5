// The recipe and the conversation as far as this client has seen them. Pure.

import type { ChatMessage, Recipe, RecipeUpdatePayload } from './protocol.ts';

/** More messages than this are dropped at the front; the server keeps all. */
export const MAX_HISTORY = 10_000;

export interface History {
  readonly revision: number | null;
  readonly recipe: Recipe | null;
  /** The recipe before the latest change, for the diff. */
  readonly previous: Recipe | null;
  /** Counts changes of the recipe after the first one seen. */
  readonly changes: number;
  readonly changedAt: number | null;
  /** In order of revision, each once. */
  readonly messages: readonly ChatMessage[];
  /** The server has earlier ones than the first. Once MAX_HISTORY are here, none are added at the front. */
  readonly olderExist: boolean;
}

export const EMPTY_HISTORY: History = {
  recipe: null,
  previous: null,
  changedAt: null,
  revision: null,
  changes: 0,
  messages: [],
  olderExist: false,
};

/** The position that this history ends at, as `auth` names it. */
export function positionOf({ revision, messages }: History) {
  const last = messages.at(-1);
  if (revision === null) return {};
  return last?.revision === revision ? { revision, message_id: last.id } : { revision };
}

/**
 * Whether this update goes on from what we have. It does not when messages in between never reached us, or when it has
 * another message at a revision that we know (the server went back to a backup, and on from there).
 */
export function followsOn({ revision, messages }: History, update: RecipeUpdatePayload): boolean {
  const added = messagesOf(update);
  const first = added[0]?.revision ?? 0;
  if (!update.messages_truncated && first > (revision ?? 0) + 1) return false;
  return added.every(message => {
    const known = messages.findLast(one => one.revision <= message.revision);
    return known?.revision !== message.revision || known.id === message.id;
  });
}

/** Forgets the conversation: the next update brings it. The recipe stays until then, to be compared with. */
export function withoutMessages(history: History): History {
  return { ...history, revision: null, messages: [], olderExist: false };
}

export function applyUpdate(history: History, update: RecipeUpdatePayload, now: number): History {
  return withMessages(withRecipe(history, update, now), messagesOf(update));
}

export function messagesOf({ messages, message }: RecipeUpdatePayload): ChatMessage[] {
  return [...(messages ?? []), ...(message ? [message] : [])];
}

/**
 * Adds a page of earlier messages; an empty page means that there are none. Messages that are not earlier than our
 * first one are left out: the page was asked for before that changed.
 */
export function withOlder(history: History, page: readonly ChatMessage[]): History {
  const first = history.messages[0]?.revision ?? Number.POSITIVE_INFINITY;
  const earlier = page.filter(({ revision }) => revision < first);
  return page.length > 0 ? withMessages(history, earlier) : { ...history, olderExist: false };
}

function withRecipe(history: History, update: RecipeUpdatePayload, now: number): History {
  const { recipe: previous } = history;
  const { revision, recipe } = update;
  if (revision <= (history.revision ?? -1)) return history;
  if (JSON.stringify(previous) === JSON.stringify(recipe)) return { ...history, revision };
  const change = previous && { previous, changes: history.changes + 1, changedAt: now };
  return { ...history, revision, recipe, ...change };
}

/**
 * Inserts each new message by its revision, nearly always at the end; known ones stay as they are. Every accepted
 * message takes the next revision, from 1 on: a gap in the numbers shows what is missing.
 */
function withMessages(history: History, added: readonly ChatMessage[]): History {
  const all = [...history.messages];
  for (const message of added) {
    const at = all.findLastIndex(({ revision }) => revision <= message.revision);
    if (all[at]?.revision !== message.revision) all.splice(at + 1, 0, message);
  }
  if (all.length === history.messages.length) return history;
  const messages = all.slice(-MAX_HISTORY);
  const isNewFront = messages[0] !== history.messages[0];
  const olderExist = isNewFront ? messages[0]?.revision !== 1 : history.olderExist;
  return { ...history, messages, olderExist };
}
