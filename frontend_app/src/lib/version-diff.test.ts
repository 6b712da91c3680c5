// The lines in which two versions of a recipe differ.
import { describe, expect, it } from 'vitest';
import { recipeOf } from '../../packages/client/test/fake-socket';
import { differenceOf } from './version-diff';

const serves = (count: number) => `Serves ${count}`;
const flour = { id: 'i1', name: 'flour', quantity: '200', unit: 'g', note: '' };
const soup = recipeOf({
  title: 'Soup',
  servings: 2,
  ingredients: [flour],
  steps: [{ id: 's1', text: 'Stir.' }],
});

describe('the difference', () => {
  it('has everything that a reader sees: words above, rows, tags', () => {
    const other = {
      ...soup,
      title: 'Onion soup',
      description: 'Grandmother’s.',
      servings: 4,
      ingredients: [{ ...flour, quantity: '400' }],
      steps: [{ id: 's2', text: 'Serve.' }],
      tags: ['winter'],
    };
    expect(differenceOf(soup, other, serves).map(({ before, after }) => [before, after])).toEqual([
      ['Soup', 'Onion soup'],
      [null, 'Grandmother’s.'],
      ['Serves 2', 'Serves 4'],
      ['200 g flour', '400 g flour'],
      ['Stir.', null],
      [null, 'Serve.'],
      [null, 'winter'],
    ]);
  });

  it('is nothing between equals', () =>
    expect(differenceOf(soup, { ...soup }, serves)).toEqual([]));
});
