// @vitest-environment happy-dom
// What a browser keeps of the recipes that were opened: the last ones, for their reader only, never what is too large.
import { beforeEach, describe, expect, it } from 'vitest';
import { messageOf, recipeOf } from '../../packages/client/test/fake-socket';
import { Api } from './api';
import { StoredTokens } from './auth/stored-tokens';
import { forgetRecipe, keepRecipe, keptRecipes, readKept } from './kept-recipes';
import { isNotified, setNotified } from './notifications';

const ADA = { id: 'u-ada', name: 'ada' };
const SOUP = recipeOf({ title: 'Soup', tags: ['winter'] });

let tokens: StoredTokens;

beforeEach(() => {
  localStorage.clear();
  tokens = new StoredTokens();
  tokens.accept({ access_token: 't', expires_in: 900, user: ADA });
});

const keep = (id: string, more = {}, at = 1_000) =>
  keepRecipe(ADA.id, id, { recipe: { ...SOUP, ...more }, messages: [], role: 'editor' }, at);

describe('a recipe that was opened', () => {
  it('is read again as it was, with its last messages, without the timers of the server', () => {
    const messages = Array.from({ length: 40 }, (_, at) => messageOf(at + 1));
    const timers = [{ id: 't1', label: 'soup', ends_at: '2026-11-22T20:36:02Z', by: 'ada' }];
    keepRecipe(ADA.id, 'soup', { recipe: { ...SOUP, timers }, messages, role: 'owner' }, 5_000);
    const kept = readKept(ADA.id, 'soup');
    expect(kept).toEqual({
      recipe: SOUP,
      messages: messages.slice(-30),
      role: 'owner',
      keptAt: 5_000,
    });
    expect(keptRecipes(ADA.id)).toMatchObject([
      { id: 'soup', title: 'Soup', tags: ['winter'], role: 'owner' },
    ]);
  });

  it('is for its reader only, and for nobody who has signed out meanwhile', async () => {
    keep('soup');
    expect(readKept('u-leo', 'soup')).toBeNull();
    expect(keptRecipes('u-leo')).toEqual([]);
    tokens.accept({ access_token: 't', expires_in: 900, user: { id: 'u-leo', name: 'leo' } });
    keepRecipe('u-leo', 'pie', { recipe: SOUP, messages: [], role: null });
    expect(readKept(ADA.id, 'soup')).toBeNull();
    localStorage.removeItem('kept:recipe:u-leo/pie');
    tokens.accept({ access_token: 't', expires_in: 900, user: ADA });
    keepRecipe('u-leo', 'soup', { recipe: SOUP, messages: [], role: null });
    expect(keptRecipes('u-leo')).toEqual([]);
    await new Api(tokens).forget();
    keep('bread');
    expect(localStorage.length).toBe(0);
  });

  it('is one of twenty at most, and none that is too large', () => {
    for (let n = 0; n < 25; n += 1) keep(`r${n}`, {}, n);
    const ids = keptRecipes(ADA.id).map(({ id }) => id);
    expect(ids).toHaveLength(20);
    expect([ids[0], ids.at(-1)]).toEqual(['r24', 'r5']);
    keep('r24', { description: 'x'.repeat(100_000) });
    expect(readKept(ADA.id, 'r24')).toBeNull();
  });

  it('is forgotten when its reader may not see it any more, or its record is broken', () => {
    keep('soup');
    forgetRecipe(ADA.id, 'soup');
    expect(readKept(ADA.id, 'soup')).toBeNull();
    localStorage.setItem('kept:recipe:u-ada/pie', '{"recipe":{}');
    localStorage.setItem('kept:recipe:u-ada/tart', '{"recipe":null}');
    expect(readKept(ADA.id, 'pie')).toBeNull();
    expect(keptRecipes(ADA.id)).toEqual([]);
  });
});

describe('notices of changes', () => {
  const allow = (permission: string) => {
    Reflect.set(window, 'Notification', { permission, requestPermission: async () => permission });
  };

  it('are on when the person asked for them and the browser lets them be, until a sign-out', async () => {
    allow('granted');
    expect(isNotified(ADA.id)).toBe(false);
    expect(await setNotified(ADA.id, true)).toBe(true);
    expect(isNotified(ADA.id)).toBe(true);
    expect(isNotified('u-leo')).toBe(false);
    expect(await setNotified(ADA.id, false)).toBe(true);
    expect(isNotified(ADA.id)).toBe(false);
    await setNotified(ADA.id, true);
    await new Api(tokens).forget();
    expect(isNotified(ADA.id)).toBe(false);
    allow('denied');
    expect(await setNotified(ADA.id, true)).toBe(false);
  });
});
