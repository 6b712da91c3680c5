// Two recipes to begin with, for a cook who has none.

import type { Recipe } from '@recipe-chat/client';
import { lazyTexts } from '../texts-lazy';

const words = lazyTexts.examples.recipes;

type Amounts = readonly (readonly [quantity: string, unit: string])[];

const AMOUNTS: Record<keyof typeof words, Amounts> = {
  pancakes: [
    ['200', 'g'],
    ['300', 'ml'],
    ['2', ''],
    ['1', 'tbsp'],
    ['1', 'pinch'],
    ['1', 'knob'],
  ],
  soup: [
    ['2', 'tin'],
    ['1', ''],
    ['2', 'clove'],
    ['500', 'ml'],
    ['1', 'tbsp'],
    ['1', 'handful'],
  ],
};

export const EXAMPLES: readonly Recipe[] = [example('pancakes'), example('soup')];

function example(name: keyof typeof words): Recipe {
  const { title, ingredients, steps, tags } = words[name];
  return {
    title,
    servings: 4,
    ingredients: ingredients.map(([what, note], at) => {
      const [quantity, unit] = AMOUNTS[name][at] ?? ['', ''];
      return { id: `i${at + 1}`, name: what, quantity, unit, note };
    }),
    steps: steps.map((text, at) => ({ id: `s${at + 1}`, text })),
    tags: [...tags],
  };
}
