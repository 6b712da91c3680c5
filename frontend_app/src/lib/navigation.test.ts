// Routes, and recipe ids made from names.
import { describe, expect, it } from 'vitest';
import { recipeIdFrom, routeOf } from './navigation';

describe('an address', () => {
  it.each([
    ['/', { kind: 'home' }],
    ['/r/pancakes', { kind: 'recipe', id: 'pancakes' }],
    ['/r/', { kind: 'home' }],
    ['/r/a/b', { kind: 'home' }],
    [`/r/${'a'.repeat(65)}`, { kind: 'home' }],
    ['/r/%2e%2e', { kind: 'home' }],
  ])('%s is a page', (path, place) => {
    expect(routeOf(path)).toEqual(place);
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
    expect(recipeIdFrom(name)).toBe(id);
  });
});
