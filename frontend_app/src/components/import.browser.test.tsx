// A recipe from a text: shown before anything changes, then a new one, this one anew, or this one with more in it.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { render } from 'vitest-browser-react';
import { expectAccessibleEverywhere } from '../../test/axe';
import { goLive, PANCAKES, renderRecipeChat } from '../../test/render';
import { Api, ApiError } from '../lib/api';
import { StoredTokens } from '../lib/auth/stored-tokens';
import { NewRecipe } from './NewRecipe';

const DAL = {
  title: 'Red lentil dal',
  servings: 4,
  ingredients: [
    { id: 'i1', name: 'red lentils', quantity: '250', unit: 'g', note: '' },
    { id: 'i2', name: 'onion', quantity: '1', unit: '', note: 'diced' },
    { id: 'i3', name: 'salt', quantity: 'to taste', unit: '', note: '' },
    ...[4, 5, 6, 7].map(n => ({
      id: `i${n}`,
      name: `spice ${n}`,
      quantity: '1',
      unit: 'tsp',
      note: '',
    })),
  ],
  steps: [{ id: 's1', text: 'Simmer the lentils.' }],
  tags: [],
};
const TEXT = 'Red lentil dal\n\n250 g red lentils\n1 onion, diced';
const withPreview = (more = {}) => ({
  paths: { '/v1/recipes/{id}': { put: { parameters: [{ name: 'preview' }] } }, ...more },
});

let asked: string[];
let description: object;
let preview: () => Response;

beforeEach(async () => {
  await page.viewport(1280, 800);
  asked = [];
  description = withPreview();
  preview = () => Response.json({ recipe: DAL, left_out: ['pictures', 'the author'] });
  vi.spyOn(Api.prototype, 'callAnonymously').mockImplementation(async () =>
    Response.json(description),
  );
  vi.spyOn(Api.prototype, 'call').mockImplementation(
    async (path, { method = 'GET', body } = {}) => {
      asked.push(`${method} ${path} ${body ?? ''}`.trim());
      if (path.endsWith('?preview=true') || path === '/v1/imports') return preview();
      if (path === '/v1/recipes') return Response.json({ id: 'dal-k3f9x2' }, { status: 201 });
      return Response.json({ recipe: PANCAKES });
    },
  );
});

afterEach(() => {
  vi.restoreAllMocks();
  history.replaceState(null, '', '/');
  localStorage.clear();
  sessionStorage.clear();
});

async function openInRecipe(): Promise<void> {
  await goLive(await renderRecipeChat());
  document.querySelector('summary')?.click();
  await page.getByRole('button', { name: 'Import…' }).click();
  await expect.element(page.getByRole('button', { name: /^Preview$|^Import$/ })).toBeEnabled();
}

async function see(text: string): Promise<void> {
  await page.getByLabelText('Paste it here').fill(text);
  await page.getByRole('button', { name: 'Preview' }).click();
}

const put = () => asked.filter(line => line.startsWith('PUT') && !line.includes('preview'));

describe('in a recipe', () => {
  it('shows what a text becomes, changes nothing, and goes back to the text', async () => {
    await openInRecipe();
    await see(TEXT);
    await expect.element(page.getByText('7 ingredients, 1 step')).toBeVisible();
    const shown = document.querySelector('.import-preview')?.textContent;
    for (const part of [
      'Red lentil dal',
      'Serves 4',
      '250 g',
      'onion, diced',
      'salt, to taste',
      'and 1 more',
      'Left out: pictures, the author.',
    ])
      expect(shown).toContain(part);
    expect(put()).toEqual([]);
    await page.getByRole('button', { name: 'Back' }).click();
    await expect.element(page.getByLabelText('Paste it here')).toHaveValue(TEXT);
    expect(put()).toEqual([]);
  });

  it('replaces it, and the focus returns to the menu', async () => {
    await openInRecipe();
    await see(TEXT);
    await page.getByRole('button', { name: 'Replace this recipe' }).click();
    await expect.element(page.getByRole('dialog')).not.toBeInTheDocument();
    expect(put()).toEqual([`PUT /v1/recipes/pancakes ${TEXT}`]);
    expect(document.activeElement?.tagName).toBe('SUMMARY');
  });

  it('puts it behind what is there', async () => {
    await openInRecipe();
    await see(TEXT);
    await page.getByRole('button', { name: 'Add to this recipe' }).click();
    await expect.element(page.getByRole('dialog')).not.toBeInTheDocument();
    const { title, ingredients, steps } = JSON.parse(
      put()[0]?.slice('PUT /v1/recipes/pancakes '.length) ?? '',
    );
    expect(title).toBe('Pancakes');
    expect(ingredients).toHaveLength(PANCAKES.ingredients.length + DAL.ingredients.length);
    expect(steps.at(-1).text).toBe('Simmer the lentils.');
  });

  it('makes another recipe of it', async () => {
    await openInRecipe();
    await see(TEXT);
    await page.getByRole('button', { name: 'Make a new recipe of it' }).click();
    await expect.poll(() => location.pathname).toBe('/r/dal-k3f9x2');
    expect(asked).toContain('POST /v1/recipes {"title":"Red lentil dal"}');
    expect(put()).toEqual([`PUT /v1/recipes/dal-k3f9x2 ${TEXT}`]);
  });

  it('says what is no recipe, and offers nothing to do with it', async () => {
    await openInRecipe();
    preview = () => Response.json({ recipe: { ...DAL, ingredients: [], steps: [] } });
    await see('hello');
    await expect.element(page.getByText('There is no recipe in it.')).toBeVisible();
    expect(document.querySelectorAll('.import-recipe .primary')).toHaveLength(0);
    await page.getByRole('button', { name: 'Back' }).click();
    preview = () => {
      throw new ApiError(422, 'Line 3 has no name');
    };
    await page.getByRole('button', { name: 'Preview' }).click();
    await expect.element(page.getByText('Line 3 has no name')).toBeVisible();
  });

  it('fetches a page by its address where the server does, and says so where it does not', async () => {
    description = withPreview({ '/v1/imports': {} });
    await openInRecipe();
    await see('https://blog.example/dal');
    await expect.element(page.getByText('7 ingredients, 1 step')).toBeVisible();
    expect(asked).toEqual(['POST /v1/imports {"url":"https://blog.example/dal"}']);
  });

  it('asks for the text of a page that the server does not fetch', async () => {
    description = withPreview({ '/v1/imports': {} });
    preview = () => {
      throw new ApiError(404, 'There is nothing here for you');
    };
    await openInRecipe();
    await see('https://blog.example/dal');
    await expect
      .element(page.getByText('copy the recipe, and paste it here', { exact: false }))
      .toBeVisible();
  });

  it('asks for the text of a page where the server knows nothing of pages', async () => {
    await openInRecipe();
    await see('https://blog.example/dal');
    await expect
      .element(page.getByText('copy the recipe, and paste it here', { exact: false }))
      .toBeVisible();
    expect(asked).toEqual([]);
  });

  it('imports at once, and says so before, where the server has no preview', async () => {
    description = { paths: { '/v1/recipes/{id}': { put: { parameters: [] } } } };
    await openInRecipe();
    await expect.element(page.getByText('Replaces this recipe, and can be undone.')).toBeVisible();
    await page.getByLabelText('Paste it here').fill('Whisk @flour{200%g}.');
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await expect.element(page.getByRole('dialog')).not.toBeInTheDocument();
    expect(asked).toEqual(['PUT /v1/recipes/pancakes Whisk @flour{200%g}.']);
  });

  it('reads a file, and says which ones are no text', async () => {
    await openInRecipe();
    const field = page.getByLabelText('From a file');
    await userEvent.upload(
      field,
      new File([new Uint8Array([0x89, 0x50, 0, 0xff, 0xfe])], 'dish.png'),
    );
    await expect.element(page.getByText('This file is no text.', { exact: false })).toBeVisible();
    await expect.element(page.getByLabelText('Paste it here')).toHaveValue('');
    await userEvent.upload(field, new File([TEXT], 'dal.txt', { type: 'text/plain' }));
    await expect.element(page.getByLabelText('Paste it here')).toHaveValue(TEXT);
    await expect
      .poll(() => document.querySelector('.import-recipe .problem')?.textContent)
      .toBe('');
  });

  it('has no axe violations in either step, at any width in either theme', async () => {
    await openInRecipe();
    for (const step of ['text', 'preview']) {
      if (step === 'preview') {
        await see(TEXT);
        await expect.element(page.getByText('7 ingredients, 1 step')).toBeVisible();
      }
      await expectAccessibleEverywhere('dialog');
    }
  });
});

describe('at home', () => {
  const paste = (text: string) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', text);
    const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
    page.getByLabelText('Name of the dish').element().dispatchEvent(event);
  };

  const renderNewRecipe = () =>
    render(
      <NewRecipe
        api={new Api(new StoredTokens())}
        field={{ current: null }}
        onSignedOut={() => {}}
      />,
    );

  it('a whole recipe that is pasted in place of a name is shown at once, and made', async () => {
    await renderNewRecipe();
    paste('Dal');
    expect(document.querySelector('dialog')).toBeNull();
    paste(TEXT);
    await expect.element(page.getByText('7 ingredients, 1 step')).toBeVisible();
    expect(asked[0]).toMatch(/^PUT \/v1\/recipes\/new-[\w-]+\?preview=true Red lentil dal/);
    expect(document.querySelectorAll('.import-recipe .secondary')).toHaveLength(0);
    await page.getByRole('button', { name: 'Create recipe' }).click();
    await expect.poll(() => location.pathname).toBe('/r/dal-k3f9x2');
  });

  it('is made with the first line for its name where the server has no preview', async () => {
    description = {};
    await renderNewRecipe();
    paste(TEXT);
    await expect.element(page.getByLabelText('Paste it here')).toHaveValue(TEXT);
    await page.getByRole('button', { name: 'Import', exact: true }).click();
    await expect.poll(() => location.pathname).toBe('/r/dal-k3f9x2');
    expect(asked[0]).toBe('POST /v1/recipes {"title":"Red lentil dal"}');
  });
});
