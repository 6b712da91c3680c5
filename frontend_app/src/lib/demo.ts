// The example of the landing page: a small recipe and what it understands, without a server. Pure.

import type { Ingredient } from '@recipe-chat/client';
import { amountOf, readQuantity } from './amounts';

export interface DemoRecipe {
  servings: number;
  ingredients: readonly Ingredient[];
}

export interface DemoLine {
  who: string;
  text: string;
  /** What it did; null for talk. */
  effect: string | null;
}

export interface Demo {
  recipe: DemoRecipe;
  lines: readonly DemoLine[];
  /** The last change of each row, if there was one. */
  changes: readonly DemoChange[];
}

export interface DemoChange {
  /** Of the ingredient. */
  id: string;
  who: string;
  /** What it was; null for a new one. */
  before: Ingredient | null;
}

const ingredient = (id: string, quantity: string, unit: string, name: string): Ingredient => ({
  id,
  quantity,
  unit,
  name,
  note: '',
});

export const DEMO: Demo = {
  recipe: {
    servings: 2,
    ingredients: [
      ingredient('i1', '100', 'g', 'plain flour'),
      ingredient('i2', '150', 'ml', 'milk'),
      ingredient('i3', '2', '', 'eggs'),
      ingredient('i4', '1', 'pinch', 'salt'),
    ],
  },
  lines: [],
  changes: [],
};

/** What people in the example say, one after the other. */
export const SCRIPT: readonly (readonly [who: string, text: string])[] = [
  ['Leo', 'use oat milk instead of milk'],
  ['Priya', 'and add 1 lemon'],
  ['Leo', 'lovely, who brings the jam?'],
];

const RULES: readonly [RegExp, (found: RegExpExecArray, recipe: DemoRecipe) => Step | null][] = [
  [/^(?:make it )?for (\d{1,2})\b/i, ([, count], recipe) => scale(recipe, Number(count))],
  [/^double it/i, (_, recipe) => scale(recipe, recipe.servings * 2)],
  [
    /^(?:use|swap in) (.+) (?:instead of|for) (.+)$/i,
    ([, to, from], recipe) => swap(recipe, from, to),
  ],
  [/^(?:swap|replace) (.+) (?:for|with) (.+)$/i, ([, from, to], recipe) => swap(recipe, from, to)],
  [/^(?:remove|no|skip|leave out) (?:the )?(.+)$/i, ([, name], recipe) => remove(recipe, name)],
  [
    /^(?:and )?add (?:(\d+(?: \d\/\d)?|a|an) )?(?:(g|ml|cups?|tbsp|tsp|pinch) )?(?:of )?(.+)$/i,
    add,
  ],
];

interface Step {
  recipe: DemoRecipe;
  effect: string;
  changed: readonly string[];
}

export function say({ recipe, lines, changes }: Demo, who: string, text: string): Demo {
  const step = understand(recipe, text.trim().replace(/[.!]$/, ''));
  return {
    recipe: step?.recipe ?? recipe,
    lines: [...lines, { who, text: text.trim(), effect: step?.effect ?? null }],
    changes: changesAfter(changes, recipe, who, step?.changed ?? []),
  };
}

function changesAfter(
  earlier: readonly DemoChange[],
  { ingredients }: DemoRecipe,
  who: string,
  changed: readonly string[],
): DemoChange[] {
  const added = changed.map(id => ({
    id,
    who,
    before: ingredients.find(one => one.id === id) ?? null,
  }));
  return [...earlier.filter(({ id }) => !changed.includes(id)), ...added];
}

function understand(recipe: DemoRecipe, text: string): Step | null {
  for (const [pattern, run] of RULES) {
    const found = pattern.exec(text);
    const step = found && run(found, recipe);
    if (step) return step;
  }
  return null;
}

function scale(recipe: DemoRecipe, servings: number): Step | null {
  if (servings < 1 || servings > 99) return null;
  const factor = servings / recipe.servings;
  const ingredients = recipe.ingredients.map(one => {
    const [value] = readQuantity(one.quantity) ?? [];
    if (value === undefined) return one;
    const { before } = amountOf({ ...one, unit: '', quantity: String(value * factor) }, 1);
    return { ...one, quantity: before };
  });
  return {
    recipe: { servings, ingredients },
    effect: `Scaled from ${recipe.servings} to ${servings} servings`,
    changed: ingredients.map(({ id }) => id),
  };
}

function swap(recipe: DemoRecipe, from = '', to = ''): Step | null {
  const old = find(recipe, from);
  if (!old) return null;
  const ingredients = recipe.ingredients.map(one => (one === old ? { ...one, name: to } : one));
  const effect = `Replaced ${old.name} with ${to}`;
  return { recipe: { ...recipe, ingredients }, effect, changed: [old.id] };
}

function remove(recipe: DemoRecipe, name = ''): Step | null {
  const old = find(recipe, name);
  if (!old) return null;
  const ingredients = recipe.ingredients.filter(one => one !== old);
  return { recipe: { ...recipe, ingredients }, effect: `Removed ${old.name}`, changed: [] };
}

function add(found: RegExpExecArray, recipe: DemoRecipe): Step {
  const [, count = '', unit = '', name = ''] = found;
  const quantity = /^an?$/i.test(count) ? '1' : count;
  const id = `i${recipe.ingredients.length + 100}`;
  const added = ingredient(id, quantity, unit.toLowerCase(), name);
  return {
    recipe: { ...recipe, ingredients: [...recipe.ingredients, added] },
    effect: `Added ${[quantity, unit, name].filter(Boolean).join(' ')}`,
    changed: [id],
  };
}

function find({ ingredients }: DemoRecipe, name: string): Ingredient | undefined {
  const wanted = name.toLowerCase();
  return ingredients.find(one => one.name.toLowerCase().includes(wanted));
}
