// What differs between two versions of a recipe, line by line: what was, and what is. Pure.

import type { Recipe } from '@recipe-chat/client';
import { diffRecipes, ingredientText, type Row } from './recipe-diff';

export interface Line {
  key: string;
  /** Null for what is new. */
  before: string | null;
  /** Null for what is gone. */
  after: string | null;
}

/** `serves` writes the number of servings. */
export function differenceOf(
  before: Recipe,
  after: Recipe,
  serves: (count: number) => string,
): Line[] {
  const { ingredients, steps } = diffRecipes(before, after);
  return [
    ...whole('title', before.title, after.title),
    ...whole('description', before.description ?? '', after.description ?? ''),
    ...whole('servings', serves(before.servings), serves(after.servings)),
    ...rows(ingredients, ingredientText),
    ...rows(steps, step => step.text),
    ...whole('tags', before.tags.join(', '), after.tags.join(', ')),
  ];
}

function whole(key: string, before: string, after: string): Line[] {
  return before === after ? [] : [{ key, before: before || null, after: after || null }];
}

function rows<T extends { id: string }>(all: readonly Row<T>[], text: (item: T) => string): Line[] {
  return all
    .filter(({ mark }) => mark !== 'same')
    .map(({ mark, item, before }) => ({
      key: item.id,
      before: before && mark !== 'added' ? text(before) : null,
      after: mark === 'removed' ? null : text(item),
    }));
}
