// Which ingredients a step is about: those whose names, or the last word of them, stand in its text. Pure.

import type { Ingredient } from '@recipe-chat/client';

/** Shorter words say nothing. */
const MIN_WORD = 3;

export function ingredientsOf(text: string, ingredients: readonly Ingredient[]): Ingredient[] {
  const words = new Set(wordsOf(text).map(stem));
  return ingredients.filter(({ name }) => {
    const own = wordsOf(name).filter(word => word.length >= MIN_WORD);
    const last = own.at(-1);
    return last !== undefined && words.has(stem(last));
  });
}

const wordsOf = (text: string) => text.toLowerCase().match(/[\p{Letter}\p{Mark}'’]+/gu) ?? [];

/** "tomatoes" and "tomato", "berries" and "berry". */
function stem(word: string): string {
  return word
    .replace(/ies$/, 'y')
    .replace(/(o|s|x|ch|sh)es$/, '$1')
    .replace(/([^s])s$/, '$1');
}
