// What is sent when people are invited and recipes are imported.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Api } from './api';
import { contentTypeOf, SharingCalls } from './sharing';

let asked: string[];
let calls: SharingCalls;

beforeEach(() => {
  asked = [];
  const call = async (path: string, { method = 'GET', headers, body }: RequestInit = {}) => {
    asked.push([method, path, Object.values(headers ?? {}), body].flat().filter(Boolean).join(' '));
    return Response.json({ visibility: 'public' });
  };
  calls = new SharingCalls({ call } as unknown as Api, 'pancakes');
});

describe('sharing', () => {
  it('makes one call for each change', async () => {
    await calls.read();
    await calls.invite('bob b', 'viewer');
    await calls.remove('bob');
    await calls.setVisibility('private');
    expect(asked).toEqual([
      'GET /v1/recipes/pancakes/members',
      'PUT /v1/recipes/pancakes/members/bob%20b {"role":"viewer"}',
      'DELETE /v1/recipes/pancakes/members/bob',
      'PUT /v1/recipes/pancakes/visibility {"visibility":"private"}',
    ]);
  });

  it('sends a recipe with its content type', async () => {
    await calls.importRecipe('Add @salt.');
    expect(asked).toEqual(['PUT /v1/recipes/pancakes text/x-cooklang Add @salt.']);
  });
});

describe('a text that describes a recipe', () => {
  it.each([
    ['Whisk @flour{200%g}.', 'text/x-cooklang'],
    ['{"title":"Pancakes","ingredients":[]}', 'application/json'],
    ['{"@context":"https://schema.org","@type":"Recipe"}', 'application/ld+json'],
    ['[{"@type":"Recipe"}]', 'application/ld+json'],
    ['{ not json', 'text/plain'],
    ['Pancakes\n\nIngredients:\n- 200 g flour', 'text/plain'],
    ['Write to marta@example.org for more', 'text/plain'],
    ['>> servings: 4', 'text/x-cooklang'],
    ['Boil #pot{} for ~{9%minutes}', 'text/x-cooklang'],
    ['<!doctype html><html></html>', 'text/html'],
  ])('%s is %s', (text, kind) => expect(contentTypeOf(text)).toBe(kind));
});
