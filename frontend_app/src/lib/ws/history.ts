// The recipe and the conversation as far as this client has seen them. Pure.

import type { ChatMessage, Recipe, RecipeUpdatePayload } from './protocol';

/** More than this is forgotten from the front; the server keeps all. */
export const LONGEST_HISTORY = 10_000;

export interface History {
  readonly revision: number | null;
  readonly recipe: Recipe | null;
  /** The recipe before the latest change, for the diff. */
  readonly previous: Recipe | null;
  /** Counts changes of the recipe after the first one seen. */
  readonly changes: number;
  readonly changedAt: number | null;
  /** In order of revision, without doubles. */
  readonly messages: readonly ChatMessage[];
  /** The server has earlier ones than the first. Once LONGEST_HISTORY are here, none are added at the front. */
  readonly olderExist: boolean;
}

export const EMPTY_HISTORY: History = {
  revision: null,
  recipe: null,
  previous: null,
  changes: 0,
  changedAt: null,
  messages: [],
  olderExist: false,
};

/** The place in the recipe's one order that this history ends at, as `auth` names it. */
export function positionOf({ revision, messages }: History) {
  const last = messages.at(-1);
  if (revision === null) return {};
  return last?.revision === revision ? { revision, message_id: last.id } : { revision };
}

/**
 * Whether this update does not go on from what we have: messages in between never reached us, or another message
 * stands where we know one (the server went back to an earlier state and on from there).
 */
export function isAstray({ revision, messages }: History, update: RecipeUpdatePayload): boolean {
  const news = newsOf(update);
  const first = news[0]?.revision ?? 0;
  if (!update.messages_truncated && first > (revision ?? 0) + 1) return true;
  return news.some(message => {
    const known = messages.findLast(one => one.revision <= message.revision);
    return known?.revision === message.revision && known.id !== message.id;
  });
}

/** Forgets the conversation: the next update is the truth. The recipe stays until then, to be compared with. */
export function startOver(history: History): History {
  return { ...history, revision: null, messages: [], olderExist: false };
}

export function absorb(history: History, update: RecipeUpdatePayload, now: number): History {
  return withMessages(withRecipe(history, update, now), newsOf(update));
}

export function newsOf({ messages, message }: RecipeUpdatePayload): ChatMessage[] {
  return [...(messages ?? []), ...(message ? [message] : [])];
}

/**
 * Adds a page of earlier messages; an empty page tells that there are none. What is not earlier than the first one
 * here was asked for before that changed.
 */
export function withOlder(history: History, page: readonly ChatMessage[]): History {
  const first = history.messages[0]?.revision ?? Number.POSITIVE_INFINITY;
  const earlier = page.filter(({ revision }) => revision < first);
  return page.length > 0 ? withMessages(history, earlier) : { ...history, olderExist: false };
}

function withRecipe(history: History, update: RecipeUpdatePayload, now: number): History {
  const { recipe: previous, changes } = history;
  const { revision, recipe } = update;
  if (revision <= (history.revision ?? -1)) return history;
  if (JSON.stringify(previous) === JSON.stringify(recipe)) return { ...history, revision };
  const change = previous && { previous, changes: changes + 1, changedAt: now };
  return { ...history, revision, recipe, ...change };
}

/**
 * Puts each new message in its place, which is nearly always the end; what is known already stays as it is. Every
 * accepted message takes the next revision, from 1 on: what is missing shows in the numbers.
 */
function withMessages(history: History, news: readonly ChatMessage[]): History {
  const all = [...history.messages];
  for (const message of news) {
    const at = all.findLastIndex(({ revision }) => revision <= message.revision);
    if (all[at]?.revision !== message.revision) all.splice(at + 1, 0, message);
  }
  if (all.length === history.messages.length) return history;
  const messages = all.slice(-LONGEST_HISTORY);
  const isNewFront = messages[0] !== history.messages[0];
  const olderExist = isNewFront ? messages[0]?.revision !== 1 : history.olderExist;
  return { ...history, messages, olderExist };
}
