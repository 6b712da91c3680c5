// The page of a share link: what it leads to, and the way in as whoever one is, or as a guest.
import '../styles/app.css';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { page } from 'vitest/browser';
import { render } from 'vitest-browser-react';
import { expectAccessibleEverywhere } from '../../test/axe';
import { App } from '../app';
import { Api } from '../lib/api';
import { StoredTokens } from '../lib/auth/stored-tokens';

const ADA = { id: 'u-ada', name: 'ada' };
const GUEST = { id: 'u-guest', name: 'Quiet Basil', guest: true };
const LINK = '/v1/links/4Zkx';

let asked: string[];
let isGone: boolean;

beforeEach(async () => {
  await page.viewport(390, 844);
  history.replaceState(null, '', '/i/4Zkx');
  asked = [];
  isGone = false;
  vi.stubGlobal('fetch', async (url: string, { method = 'GET', headers }: RequestInit = {}) => {
    const token = new Headers(headers).get('authorization');
    asked.push(`${method} ${url} ${token ?? 'nobody'}`);
    if (url.startsWith('/v1/auth/'))
      return Response.json({ access_token: 'g', expires_in: 900, user: GUEST }, { status: 201 });
    if (url !== LINK) return Response.json({});
    if (isGone) return Response.json({ title: 'Not Found' }, { status: 404 });
    return Response.json(
      method === 'POST'
        ? { recipe_id: 'soup', role: 'editor' }
        : { title: 'Soup', by: 'marta', role: 'editor' },
    );
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
  history.replaceState(null, '', '/');
  localStorage.clear();
});

async function open(user: typeof ADA | null) {
  const tokens = new StoredTokens();
  if (user) tokens.accept({ access_token: 't', expires_in: 900, user });
  await render(<App tokens={tokens} api={new Api(tokens)} />);
}

it('says to what it leads and by whom, to somebody without an account, who comes in as a guest', async () => {
  await open(null);
  await expect.element(page.getByRole('heading', { name: 'Soup' })).toBeVisible();
  await expect.element(page.getByText(/marta invites you to cook/)).toBeVisible();
  await expectAccessibleEverywhere();
  await page.getByRole('button', { name: 'Continue as guest' }).click();
  await expect.poll(() => location.pathname).toBe('/r/soup');
  expect(asked).toContain(`GET ${LINK} nobody`);
  expect(asked).toContain(`POST ${LINK} Bearer g`);
});

it('lets somebody who is signed in join with one tap', async () => {
  await open(ADA);
  await page.getByRole('button', { name: 'Join as ada' }).click();
  await expect.poll(() => location.pathname).toBe('/r/soup');
  expect(asked).toContain(`POST ${LINK} Bearer t`);
});

it('that was taken back says so', async () => {
  isGone = true;
  await open(ADA);
  await expect
    .element(page.getByRole('heading', { name: 'This link does not work' }))
    .toBeVisible();
});
