// The routes: every address is a page, also one that leads nowhere.
import { describe, expect, it } from 'vitest';
import { routeOf } from './navigation';

describe('an address', () => {
  it.each([
    ['/', { kind: 'home' }],
    ['/account', { kind: 'account' }],
    ['/r/pancakes', { kind: 'recipe', id: 'pancakes' }],
    ['/i/4Zk_x-9', { kind: 'invitation', token: '4Zk_x-9' }],
    ['/about', { kind: 'unknown' }],
    ['/r/', { kind: 'unknown' }],
    ['/r/a/b', { kind: 'unknown' }],
    [`/r/${'a'.repeat(65)}`, { kind: 'unknown' }],
    ['/r/%2e%2e', { kind: 'unknown' }],
    ['/i/', { kind: 'unknown' }],
  ])('%s is a page', (path, place) => {
    expect(routeOf(path)).toEqual(place);
  });
});
