// Amounts: what is read, scaled, rounded and put in the plural.
import { describe, expect, it } from 'vitest';
import { amountOf, readQuantity } from './amounts';

const amount = (quantity: string, unit = '', factor = 1) =>
  amountOf({ id: 'i1', name: 'x', note: '', quantity, unit }, factor);

describe('a quantity', () => {
  it.each([
    ['300', [300]],
    ['1 1/2', [1.5]],
    ['1½', [1.5]],
    ['0,5', [0.5]],
    ['2-3', [2, 3]],
    ['2 to 3', [2, 3]],
    ['', null],
    ['to taste', null],
    ['a few', null],
    ['1/0', null],
    ['1 2', null],
  ])('%j is read', (text, numbers) => {
    expect(readQuantity(text)).toEqual(numbers);
  });
});

describe('an amount', () => {
  it.each([
    ['1 1/2', 'cup', 1, '1½ cups'],
    ['1', 'cup', 1, '1 cup'],
    ['1/2', 'cup', 1, '½ cup'],
    ['3', 'splash', 1, '3 splashes'],
    ['2', 'leaf', 1, '2 leaves'],
    ['1500', 'g', 1, '1.5 kg'],
    ['1000', 'ml', 1, '1 l'],
    ['83.3', 'g', 1, '83.3 g'],
    ['250', 'g', 1 / 3, '85 g'],
    ['3', '', 7 / 6, '3½'],
    ['2', 'cup', 1.3125, '2⅔ cups'],
    ['2', 'egg', 0.01, '⅛ egg'],
    ['2-3', '', 2, '4–6'],
    ['1/2-3/4', 'tsp', 1, '½-¾ tsp'],
    ['5/6', 'cup', 1, '5/6 cup'],
    ['11/2', 'cup', 1, '11/2 cups'],
    ['1', 'clove', 2, '2 cloves'],
    ['5', 'g', 0.01, '0.1 g'],
  ])('%s %s times %s is %s', (quantity, unit, factor, text) => {
    expect(amount(quantity, unit, factor)).toEqual({ before: text, after: '' });
  });

  it('in words stands after the name, and is never scaled', () => {
    expect(amount('to taste', '', 3)).toEqual({ before: '', after: 'to taste' });
    expect(amount('', '', 3)).toEqual({ before: '', after: '' });
  });
});
