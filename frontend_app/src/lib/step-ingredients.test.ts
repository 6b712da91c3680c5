// The ingredients of a step.
import { describe, expect, it } from 'vitest';
import { ingredientsOf } from './step-ingredients';

const list = ['plain flour', 'tinned tomatoes', 'eggs', 'red wine', 'berries', 'salt'].map(
  (name, at) => ({ id: `i${at}`, name, quantity: '', unit: '', note: '' }),
);
const names = (text: string) => ingredientsOf(text, list).map(({ name }) => name);

describe('a step', () => {
  it.each([
    ['Whisk the flour and an egg.', ['plain flour', 'eggs']],
    ['Add each tomato, then a berry.', ['tinned tomatoes', 'berries']],
    ['Turn up the heat.', []],
    ['Pour in the wine; season with salt.', ['red wine', 'salt']],
  ])('%j is about these', (text, wanted) => {
    expect(names(text)).toEqual(wanted);
  });
});
