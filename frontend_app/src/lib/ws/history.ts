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
  const first = update.messages?.[0]?.revision ?? update.message?.revision;
  return first !== undefined && !update.messages_truncated && first > history.revision + 1;
}

export function absorb(history: History, update: RecipeUpdatePayload, now: number): History {
  const news = update.message ? [...(update.messages ?? []), update.message] : update.messages;
  return withMessages(withRecipe(history, update, now), news ?? [], update);
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

function withMessages(
  history: History,
  news: readonly ChatMessage[],
  update: RecipeUpdatePayload,
): History {
  const merged = merge(history.messages, news);
  if (merged === history.messages) return history;
  const first = news[0];
  const known = history.messages.length > 0;
  const cut = update.messages_truncated === true;
  const gaps = cut && known && first ? [...history.gaps, first.revision] : history.gaps;
  const surplus = merged.length - LONGEST_HISTORY;
  return {
    ...history,
    messages: surplus > 0 ? merged.slice(surplus) : merged,
    gaps,
    olderExist: history.olderExist || surplus > 0 || (cut && !known),
  };
}

function merge(have: readonly ChatMessage[], news: readonly ChatMessage[]): readonly ChatMessage[] {
  const newest = have.at(-1)?.revision ?? -1;
  const first = news[0];
  if (first === undefined) return have;
  if (first.revision > newest && ascending(news)) return [...have, ...news];
  const byRevision = new Map(have.map(message => [message.revision, message]));
  for (const message of news) byRevision.set(message.revision, message);
  if (byRevision.size === have.length) return have;
  return [...byRevision.values()].sort((a, b) => a.revision - b.revision);
}

function ascending(messages: readonly ChatMessage[]): boolean {
  let last = Number.NEGATIVE_INFINITY;
  for (const { revision } of messages) {
    if (revision <= last) return false;
    last = revision;
  }
  return true;
}
