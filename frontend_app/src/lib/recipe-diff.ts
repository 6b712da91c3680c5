// What changed between two versions of a recipe, row by row. Pure.

import type { Ingredient, Recipe, Step } from '@recipe-chat/client';

export type Mark = 'same' | 'added' | 'changed' | 'removed';

export interface Row<T> {
  readonly mark: Mark;
  readonly item: T;
  readonly before: T | null;
}

export interface RecipeDiff {
  readonly ingredients: readonly Row<Ingredient>[];
  readonly steps: readonly Row<Step>[];
}

export function diffRecipes(before: Recipe | null, after: Recipe): RecipeDiff {
  return {
    ingredients: diffRows(before?.ingredients ?? null, after.ingredients, ingredientText),
    steps: diffRows(before?.steps ?? null, after.steps, step => step.text),
  };
}

export function countChanges(rows: readonly Row<unknown>[]): number {
  return rows.filter(({ mark }) => mark !== 'same').length;
}

export function ingredientText({ quantity, unit, name, note }: Ingredient): string {
  const amount = [quantity, unit].filter(Boolean).join(' ');
  return [amount, note ? `${name}, ${note}` : name].filter(Boolean).join(' ');
}

/** Rows in their new order; removed ones come after the row that they used to follow. */
function diffRows<T extends { id: string }>(
  before: readonly T[] | null,
  after: readonly T[],
  text: (item: T) => string,
): Row<T>[] {
  if (before === null) return after.map(item => ({ mark: 'same', item, before: null }));
  const old = new Map(before.map(item => [item.id, item]));
  const ids = new Set(after.map(({ id }) => id));
  const rows = after.map((item): Row<T> => {
    const previous = old.get(item.id) ?? null;
    if (!previous) return { mark: 'added', item, before: null };
    return { mark: text(previous) === text(item) ? 'same' : 'changed', item, before: previous };
  });
  before.forEach((item, at) => {
    if (ids.has(item.id)) return;
    const neighbour = before[at - 1]?.id;
    const index = rows.findIndex(row => row.item.id === neighbour) + 1;
    rows.splice(index, 0, { mark: 'removed', item, before: item });
  });
  return rows;
}
