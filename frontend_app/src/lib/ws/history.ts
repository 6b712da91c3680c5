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
  /** Revisions of messages that have unseen ones right before them. */
  readonly gaps: readonly number[];
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
  gaps: [],
  olderExist: false,
};

/** Whether messages between what we have and this update never reached us. */
export function leavesGap(history: History, update: RecipeUpdatePayload): boolean {
  if (history.revision === null) return false;
  const first = newsOf(update)[0]?.revision ?? 0;
  return !update.messages_truncated && first > history.revision + 1;
}

export function absorb(history: History, update: RecipeUpdatePayload, now: number): History {
  return withMessages(withRecipe(history, update, now), newsOf(update));
}

export function newsOf({ messages, message }: RecipeUpdatePayload): ChatMessage[] {
  return [...(messages ?? []), ...(message ? [message] : [])];
}

/** Adds a page of earlier messages, which may overlap what is here; an empty page tells that there are none. */
export function withOlder(history: History, page: readonly ChatMessage[]): History {
  return page.length > 0 ? withMessages(history, page) : { ...history, olderExist: false };
}

function withRecipe(history: History, update: RecipeUpdatePayload, now: number): History {
  const { revision, recipe } = update;
  if (history.revision !== null && revision <= history.revision) return history;
  if (history.recipe === null) return { ...history, revision, recipe };
  if (sameRecipe(history.recipe, recipe)) return { ...history, revision };
  const changes = history.changes + 1;
  return { ...history, revision, recipe, previous: history.recipe, changes, changedAt: now };
}

function sameRecipe(a: Recipe, b: Recipe): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function withMessages(history: History, news: readonly ChatMessage[]): History {
  const merged = merge(history.messages, news);
  if (merged.length === history.messages.length) return history;
  const messages = merged.slice(-LONGEST_HISTORY);
  const gaps = messages.filter(
    ({ revision }, at) => at > 0 && expectedAt(messages, at) !== revision,
  );
  const sameFront = messages[0] === history.messages[0];
  const olderExist = sameFront
    ? history.olderExist
    : expectedAt(messages, 0) !== messages[0]?.revision;
  return { ...history, messages, gaps: gaps.map(({ revision }) => revision), olderExist };
}

/** Puts each new message in its place, which is nearly always the end; what is known already stays as it is. */
function merge(have: readonly ChatMessage[], news: readonly ChatMessage[]): ChatMessage[] {
  const merged = [...have];
  for (const message of news) {
    const at = merged.findLastIndex(({ revision }) => revision <= message.revision);
    if (merged[at]?.revision !== message.revision) merged.splice(at + 1, 0, message);
  }
  return merged;
}

/** Every accepted message takes the next revision, from 1 on: what is missing shows in the numbers. */
function expectedAt(messages: readonly ChatMessage[], at: number): number {
  return (messages[at - 1]?.revision ?? 0) + 1;
}
