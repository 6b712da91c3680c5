// The recipes that a person has opened last, kept in this browser, so that they can be read without a network: each as
// it was, with the last messages. A sign-out removes them.

import type { ChatMessage, Recipe } from '@recipe-chat/client';
import type { Role } from './access';
import { KEPT } from './api';
import type { RecipeSummary } from './recipes';

export interface KeptRecipe {
  recipe: Recipe;
  messages: readonly ChatMessage[];
  /** The person's; null before the server has told it. */
  role: Role | null;
  /** When it was kept, by this machine's clock. */
  keptAt: number;
}

const MAX_RECIPES = 20;
const MAX_MESSAGES = 30;
/** In characters of JSON: a browser gives all pages of an origin 5 MB together. */
const MAX_LENGTH = 100_000;
const USER_KEY = 'recipe_chat_user';

const prefixOf = (userId: string) => `${KEPT}recipe:${userId}/`;

/** Not for somebody who has signed out meanwhile, also in another tab. */
export function keepRecipe(
  userId: string,
  recipeId: string,
  { recipe, messages, role }: Omit<KeptRecipe, 'keptAt'>,
  now = Date.now(),
): void {
  // Timers run on the server: without a network there are this browser's own.
  const { timers: _, ...lasting } = recipe;
  const kept = { recipe: lasting, messages: messages.slice(-MAX_MESSAGES), role, keptAt: now };
  const text = JSON.stringify(kept);
  try {
    if (ownerOf(localStorage) !== userId) return;
    // What somebody else has left in this browser goes.
    for (const key of storedKeys())
      if (key.startsWith(`${KEPT}recipe:`) && !key.startsWith(prefixOf(userId)))
        localStorage.removeItem(key);
    localStorage.removeItem(prefixOf(userId) + recipeId);
    if (text.length > MAX_LENGTH) return;
    for (const { id } of keptRecipes(userId).slice(MAX_RECIPES - 1)) forgetRecipe(userId, id);
    localStorage.setItem(prefixOf(userId) + recipeId, text);
  } catch {
    // Storage is full or refused: the recipe needs a network then.
  }
}

export function readKept(userId: string, recipeId: string): KeptRecipe | null {
  try {
    const kept = JSON.parse(localStorage.getItem(prefixOf(userId) + recipeId) ?? 'null');
    const isWhole = Array.isArray(kept?.recipe?.ingredients) && Array.isArray(kept?.messages);
    return isWhole ? (kept as KeptRecipe) : null;
  } catch {
    return null;
  }
}

/** For a recipe that its reader may not see any more. */
export function forgetRecipe(userId: string, recipeId: string): void {
  try {
    localStorage.removeItem(prefixOf(userId) + recipeId);
  } catch {
    // Nothing is stored then.
  }
}

/** All that are kept for the person, the newest first. */
export function keptRecipes(userId: string): (RecipeSummary & { keptAt: number })[] {
  const prefix = prefixOf(userId);
  return storedKeys()
    .filter(key => key.startsWith(prefix))
    .flatMap(key => {
      const id = key.slice(prefix.length);
      const kept = readKept(userId, id);
      if (!kept) return [];
      const { title, servings, tags, ingredients } = kept.recipe;
      const first_ingredients = ingredients.slice(0, 3).map(({ name }) => name);
      const role = kept.role === null ? {} : { role: kept.role };
      return [{ id, title, servings, tags, first_ingredients, ...role, keptAt: kept.keptAt }];
    })
    .sort((a, b) => b.keptAt - a.keptAt);
}

function storedKeys(): string[] {
  try {
    return Object.keys(localStorage);
  } catch {
    return [];
  }
}

const ownerOf = (storage: Storage): unknown => JSON.parse(storage.getItem(USER_KEY) ?? 'null')?.id;
