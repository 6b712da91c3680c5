// Addresses of pages, and recipe names as addresses.
import { describe, expect, it } from 'vitest';
import { idOf, placeOf } from './navigation';

describe('an address', () => {
  it.each([
    ['/', { is: 'home' }],
    ['/r/pancakes', { is: 'recipe', id: 'pancakes' }],
    ['/r/', { is: 'home' }],
    ['/r/a/b', { is: 'home' }],
    [`/r/${'a'.repeat(65)}`, { is: 'home' }],
    ['/r/%2e%2e', { is: 'home' }],
  ])('%s is a page', (path, place) => {
    expect(placeOf(path)).toEqual(place);
  });
});

describe('a name', () => {
  it.each([
    ['Pancakes', 'pancakes'],
    ['Crêpes  Suzette!', 'crepes-suzette'],
    ['  ', null],
    ['寿司', null],
    ['x'.repeat(100), 'x'.repeat(64)],
  ])('%s becomes an id that the server takes', (name, id) => {
    expect(idOf(name)).toBe(id);
  });
});
