// The example of the landing page: what it understands, and that the rest is talk.
import { describe, expect, it } from 'vitest';
import { DEMO, SCRIPT, say } from './demo';
import { ingredientText } from './recipe-diff';

const reply = (text: string) => {
  const { recipe, lines } = say(DEMO, 'You', text);
  return { effect: lines[0]?.effect, list: recipe.ingredients.map(ingredientText) };
};

describe('the example', () => {
  it.each([
    ['add 2 cups sugar', 'Added 2 cups sugar', '2 cups sugar'],
    ['add a banana.', 'Added 1 banana', '1 banana'],
    ['swap the flour for rye', null, '100 g plain flour'],
    ['swap flour for rye', 'Replaced plain flour with rye', '100 g rye'],
    ['use oil instead of milk', 'Replaced milk with oil', '150 ml oil'],
    ['double it', 'Scaled from 2 to 4 servings', '200 g plain flour'],
    ['make it for 4', 'Scaled from 2 to 4 servings', '4 eggs'],
  ])('%j', (text, effect, line) => {
    const result = reply(text);
    expect(result.effect).toBe(effect);
    expect(result.list).toContain(line);
  });

  it('takes things out, and leaves the recipe alone while people talk', () => {
    expect(reply('no salt').list).toHaveLength(3);
    expect(reply('what time do we eat?')).toMatchObject({ effect: null });
    expect(reply('for 0')).toMatchObject({ effect: null });
  });

  it('has a script of two changes and some talk', () => {
    const end = SCRIPT.reduce((demo, [who, text]) => say(demo, who, text), DEMO);
    expect(end.lines.map(({ effect }) => effect)).toEqual([
      'Replaced milk with oat milk',
      'Added 1 lemon',
      null,
    ]);
    expect(end.changes.map(({ who, before }) => [who, before?.name])).toEqual([
      ['Leo', 'milk'],
      ['Priya', undefined],
    ]);
  });

  it('keeps the last change of each row only', () => {
    const end = ['use oil instead of milk', 'double it'].reduce(
      (demo, text) => say(demo, 'Leo', text),
      DEMO,
    );
    expect(end.changes).toHaveLength(DEMO.recipe.ingredients.length);
    expect(end.changes.find(({ id }) => id === 'i2')?.before).toMatchObject({
      name: 'oil',
      quantity: '150',
    });
  });
});
