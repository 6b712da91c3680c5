// Differences between two versions of a recipe, as a reader sees them.
import { describe, expect, it } from 'vitest';
import { recipeOf } from '../../packages/client/test/fake-socket';
import { countChanges, diffRecipes, ingredientText } from './recipe-diff';

const item = (id: string, name: string, quantity = '') => ({
  id,
  name,
  quantity,
  unit: '',
  note: '',
});
const marks = (before: ReturnType<typeof item>[], after: ReturnType<typeof item>[]) =>
  diffRecipes(recipeOf({ ingredients: before }), recipeOf({ ingredients: after })).ingredients.map(
    ({ mark, item }) => `${mark} ${item.name}`,
  );

describe('a difference', () => {
  it('has new, changed and removed rows, and keeps removed ones where they were', () => {
    const before = [item('1', 'flour', '1'), item('2', 'milk'), item('3', 'eggs')];
    const after = [item('1', 'flour', '2'), item('3', 'eggs'), item('4', 'salt')];
    expect(marks(before, after)).toEqual([
      'changed flour',
      'removed milk',
      'same eggs',
      'added salt',
    ]);
  });

  it('keeps several removed rows in their order, also at the top', () => {
    const before = [item('1', 'a'), item('2', 'b'), item('3', 'c')];
    expect(marks(before, [item('3', 'c')])).toEqual(['removed a', 'removed b', 'same c']);
    expect(marks(before, [])).toEqual(['removed a', 'removed b', 'removed c']);
  });

  it('is empty without a version before', () => {
    const diff = diffRecipes(
      null,
      recipeOf({ ingredients: [item('1', 'a')], steps: [{ id: 's', text: 'Stir.' }] }),
    );
    expect(countChanges(diff.ingredients) + countChanges(diff.steps)).toBe(0);
  });

  it('reads an ingredient as a person would', () => {
    const flour = { id: '1', name: 'flour', quantity: '1 1/2', unit: 'cup', note: 'sifted' };
    expect(ingredientText(flour)).toBe('1 1/2 cup flour, sifted');
    expect(ingredientText(item('2', 'salt'))).toBe('salt');
  });
});
