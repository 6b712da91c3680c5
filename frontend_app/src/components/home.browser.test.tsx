// The pages around the recipes: home, an address that leads nowhere, a login that has ended, and the sign-out.
import '../styles/app.css';
import { indexedDbOutbox } from '@recipe-chat/client/indexed-db';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { page } from 'vitest/browser';
import { render } from 'vitest-browser-react';
import { App } from '../app';
import { Api } from '../lib/api';
import { StoredTokens } from '../lib/auth/stored-tokens';

const ADA = { id: 'u-ada', name: 'ada' };
const pair = { access_token: 't', expires_in: 900, user: ADA };
const denied = () =>
  Response.json(
    { title: 'Unauthorized' },
    { status: 401, headers: { 'content-type': 'application/problem+json' } },
  );

let asked: string[];
let answers: Record<string, () => Response>;

beforeEach(async () => {
  await page.viewport(1280, 800);
  history.replaceState(null, '', '/');
  asked = [];
  answers = {
    'GET /v1/recipes': () => Response.json({ recipes: [{ id: 'soup', title: 'Soup' }] }),
    'POST /v1/recipes': () => Response.json({ id: 'pancakes-k3f9x2' }, { status: 201 }),
    'POST /v1/auth/login': () => Response.json(pair),
    'POST /v1/auth/refresh': denied,
    'POST /v1/auth/logout': () => new Response(null, { status: 204 }),
  };
  vi.stubGlobal('fetch', async (url: string, { method = 'GET', body }: RequestInit = {}) => {
    asked.push(`${method} ${url} ${body ?? ''}`.trim());
    const answer = answers[`${method} ${url.split('?')[0]}`];
    if (!answer) throw new TypeError('network');
    return answer();
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
  history.replaceState(null, '', '/');
  localStorage.clear();
  sessionStorage.clear();
});

async function openAt(path: string, expires_in = 900) {
  history.replaceState(null, '', path);
  const tokens = new StoredTokens();
  tokens.accept({ ...pair, expires_in });
  await render(<App tokens={tokens} api={new Api(tokens)} />);
  return tokens;
}

describe('home', () => {
  it('creates a recipe of one’s own under an id that the server makes, and goes there', async () => {
    await openAt('/');
    await page.getByLabelText('Name of the dish').fill('Pancakes');
    await page.getByRole('button', { name: 'New recipe' }).click();
    await expect.poll(() => location.pathname).toBe('/r/pancakes-k3f9x2');
    expect(asked).toContain('POST /v1/recipes {"title":"Pancakes"}');
  });

  it('offers to sign in again when the login has ended, and goes on from there', async () => {
    await openAt('/', 1);
    await expect.element(page.getByRole('heading', { name: 'You are signed out' })).toBeVisible();
    expect(document.querySelector('.skeleton')).toBeNull();
    await page.getByLabelText('Password', { exact: true }).fill('correct horse');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expect.element(page.getByRole('link', { name: 'Soup' })).toBeVisible();
  });

  it('says that the list cannot be loaded, and tries again', async () => {
    const list = answers['GET /v1/recipes'];
    delete answers['GET /v1/recipes'];
    await openAt('/');
    const again = page.getByRole('button', { name: 'Try again' });
    await expect.element(again).toBeVisible();
    if (list) answers['GET /v1/recipes'] = list;
    await again.click();
    await expect.element(page.getByRole('link', { name: 'Soup' })).toBeVisible();
  });
});

describe('an address that leads nowhere', () => {
  it('is a page, with a way back', async () => {
    await openAt('/r/not%20valid!');
    await expect.element(page.getByRole('heading', { name: 'Nothing is here' })).toBeVisible();
    await page.getByRole('link', { name: 'Back to your recipes' }).click();
    await expect.element(page.getByRole('link', { name: 'Soup' })).toBeVisible();
    await expect.poll(() => document.activeElement?.tagName).toBe('MAIN');
  });
});

describe('the sign-out', () => {
  const signOut = async () => {
    document.querySelector('summary')?.click();
    await page.getByRole('button', { name: 'Sign out' }).click();
  };

  it('asks first when messages are not sent yet, and leaves nothing behind', async () => {
    const message = { id: 'm1', content: 'x', createdAt: Date.now(), status: 'queued' } as const;
    const outbox = indexedDbOutbox(ADA.id);
    outbox.save('soup', [], [message]);
    await expect.poll(async () => (await outbox.load('soup')).length).toBe(1);
    localStorage.setItem('draft:u-ada:soup', 'half a thou');
    const tokens = await openAt('/');
    await signOut();
    await expect
      .element(page.getByText('One message has not been sent yet', { exact: false }))
      .toBeVisible();
    expect(tokens.user).not.toBeNull();
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
    await expect.element(page.getByRole('button', { name: 'Continue as guest' })).toBeVisible();
    expect(localStorage.length).toBe(0);
    expect(await outbox.load('soup')).toEqual([]);
  });

  it('asks nothing when nothing is lost, and leaves the address of the recipe', async () => {
    await openAt('/r/soup');
    await signOut();
    await expect.element(page.getByRole('button', { name: 'Continue as guest' })).toBeVisible();
    expect(location.pathname).toBe('/');
  });
});
