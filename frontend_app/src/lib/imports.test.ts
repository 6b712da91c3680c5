// What is sent when recipes are imported, and which format a text has.
import { beforeEach, describe, expect, it } from 'vitest';
import { type Api, ApiError } from './api';
import { contentTypeOf, documentOf, ImportCalls, linkIn, provisionalTitle } from './imports';

const FLOUR = { id: 'i1', name: 'flour', quantity: '200', unit: 'g', note: '' };
const EGGS = { id: 'i1', name: 'eggs', quantity: '2', unit: '', note: '' };
const recipeOf = (ingredients: object[], steps: object[] = []) =>
  ({ title: 'Soup', servings: 4, ingredients, steps, tags: [] }) as never;

let asked: string[];
let answers: Record<string, unknown>;
let calls: ImportCalls;

beforeEach(() => {
  asked = [];
  answers = {};
  const call = async (path: string, { method = 'GET', headers, body }: RequestInit = {}) => {
    asked.push([method, path, Object.values(headers ?? {}), body].flat().filter(Boolean).join(' '));
    const answer = answers[`${method} ${path.replace(/new-[^?]+/, 'new')}`];
    if (answer instanceof Error) throw answer;
    return Response.json(answer ?? {});
  };
  calls = new ImportCalls({ call, callAnonymously: call } as unknown as Api);
});

describe('a server', () => {
  it('is asked for a preview only when its description has one: another would import at once', async () => {
    const put = (parameters: object[]) => ({ put: { parameters } });
    const described = async (paths: object) => {
      answers['GET /openapi.json'] = { paths };
      return calls.offered();
    };
    const other = { $ref: '#/components/parameters/RecipeId' };
    expect(await described({ '/v1/recipes/{id}': put([other]) })).toEqual({
      preview: false,
      links: false,
    });
    const paths = { '/v1/recipes/{id}': put([other, { name: 'preview', in: 'query' } as object]) };
    expect(await described(paths)).toEqual({ preview: true, links: false });
    expect((await described({ ...paths, '/v1/imports': {} })).links).toBe(true);
    const named = { $ref: '#/components/parameters/Preview' };
    expect((await described({ '/v1/recipes/{id}': put([other, named]) })).preview).toBe(true);
    answers['GET /openapi.json'] = new ApiError(404, '');
    expect((await calls.offered()).preview).toBe(false);
  });
});

describe('a document', () => {
  it('is shown first, for the recipe that it would replace or for one that is not there yet', async () => {
    answers['PUT /v1/recipes/soup?preview=true'] = {
      recipe: recipeOf([FLOUR]),
      left_out: ['a picture'],
    };
    const document = documentOf('Add @flour{200%g}.');
    const { recipe, leftOut, document: sent } = await calls.preview(document, 'soup');
    expect(recipe.ingredients).toEqual([FLOUR]);
    expect(leftOut).toEqual(['a picture']);
    expect(sent).toBe(document);
    expect(asked).toEqual(['PUT /v1/recipes/soup?preview=true text/x-cooklang Add @flour{200%g}.']);
    answers['PUT /v1/recipes/new?preview=true'] = { recipe: recipeOf([]) };
    expect((await calls.preview(document)).leftOut).toEqual([]);
    expect(asked[1]).toMatch(/^PUT \/v1\/recipes\/new-[\w-]{20,}\?preview=true /);
  });

  it('of a page that the server fetches is sent as the server gave it', async () => {
    const recipe = recipeOf([FLOUR]);
    const document = { title: 'Soup', servings: 2 };
    answers['POST /v1/imports'] = { recipe, document, left_out: [] };
    const found = await calls.fetchPage('https://x.example/soup');
    expect(found.document).toEqual({ text: JSON.stringify(document), type: 'application/json' });
  });

  it('is put behind what the recipe has now', async () => {
    answers['GET /v1/recipes/soup'] = {
      id: 'soup',
      revision: 7,
      recipe: recipeOf([FLOUR], [{ id: 's1', text: 'Stir.' }]),
    };
    await calls.add('soup', recipeOf([EGGS], [{ id: 's1', text: 'Serve.' }]));
    const { ingredients, steps, title } = JSON.parse(asked[1]?.split('application/json ')[1] ?? '');
    expect(ingredients).toEqual([FLOUR, EGGS]);
    expect(steps.map(({ text }: { text: string }) => text)).toEqual(['Stir.', 'Serve.']);
    expect(title).toBe('Soup');
  });

  it('makes a new recipe, of which nothing stays when it cannot be filled', async () => {
    const document = documentOf('Add @salt.');
    answers['POST /v1/recipes'] = { id: 'soup-k3f9x2' };
    expect(await calls.create('Soup', document)).toBe('soup-k3f9x2');
    expect(asked).toEqual([
      'POST /v1/recipes {"title":"Soup"}',
      'PUT /v1/recipes/soup-k3f9x2 text/x-cooklang Add @salt.',
    ]);
    answers['PUT /v1/recipes/soup-k3f9x2'] = new ApiError(422, 'no recipe');
    await expect(calls.create('Soup', document)).rejects.toThrow('no recipe');
    expect(asked.at(-1)).toBe('DELETE /v1/recipes/soup-k3f9x2');
  });
});

describe('a text', () => {
  it('is a link when it is nothing else', () => {
    expect(linkIn(' https://x.example/soup \n')).toBe('https://x.example/soup');
    for (const text of ['see https://x.example', 'x.example', 'ftp://x.example', 'https://', ''])
      expect(linkIn(text), text).toBeNull();
  });

  it('begins with a name, when people would read it as one', () => {
    expect(provisionalTitle('\n# Red lentil dal\n\n250 g lentils')).toBe('Red lentil dal');
    expect(provisionalTitle('<!doctype html>')).toBe('');
    expect(provisionalTitle('x'.repeat(81))).toBe('');
    expect(provisionalTitle('')).toBe('');
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
