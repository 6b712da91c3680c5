// A browser whose refresh cookie belongs to another person meanwhile: the page says so, and the person chooses.
import '../styles/app.css';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { page } from 'vitest/browser';
import { render } from 'vitest-browser-react';
import { expectAccessibleEverywhere } from '../../test/axe';
import { App } from '../app';
import { Api } from '../lib/api';
import { StoredTokens } from '../lib/auth/stored-tokens';

const ADA = { id: 'u-ada', name: 'ada' };
const BOB = { id: 'u-bob', name: 'bob' };
const pairOf = (user: typeof ADA) => ({ access_token: `of ${user.name}`, expires_in: 900, user });

let asked: string[];

beforeEach(() => {
  asked = [];
  vi.stubGlobal('fetch', async (path: string, init: RequestInit = {}) => {
    asked.push(`${path} ${new Headers(init.headers).get('authorization')}`);
    if (path === '/v1/auth/refresh') return Response.json(pairOf(BOB));
    if (path === '/v1/auth/login') return Response.json(pairOf(ADA));
    return Response.json({ recipes: [] });
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
  localStorage.clear();
  document.documentElement.dataset['theme'] = 'auto';
});

/** Ada's home page, whose token has just ended. */
async function openHome() {
  const tokens = new StoredTokens();
  tokens.accept({ ...pairOf(ADA), expires_in: 1 });
  const screen = await render(<App tokens={tokens} api={new Api(tokens)} />);
  await expect.element(page.getByText('This browser is signed in as bob now')).toBeVisible();
  return { tokens, screen };
}

it('says who is signed in, sends nothing in the other name, and says that the text is kept', async () => {
  await openHome();
  await expect.element(page.getByText(/^You were signed in as ada\./)).toBeVisible();
  expect(asked.filter(call => call.includes('Bearer'))).toEqual([]);
  expect(JSON.stringify(localStorage)).not.toContain('of bob');
});

it('goes on as the other person on request', async () => {
  const { tokens } = await openHome();
  await page.getByRole('button', { name: 'Go on as bob' }).click();
  await expect.element(page.getByText(/^Your shelf is empty\./)).toBeVisible();
  expect(tokens.user).toEqual(BOB);
  expect(asked.filter(call => call.includes('Bearer'))).toEqual(['/v1/recipes Bearer of bob']);
});

it('goes on as before after the person signs in again', async () => {
  const { tokens } = await openHome();
  await page.getByLabelText('Password').fill('correct horse');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect.element(page.getByText(/^Your shelf is empty\./)).toBeVisible();
  expect(tokens.user).toEqual(ADA);
  expect(asked.filter(call => call.includes('Bearer'))).toEqual(['/v1/recipes Bearer of ada']);
});

it('has no axe violations, at any width in either theme', async () => {
  document.documentElement.lang = 'en';
  await openHome();
  await expectAccessibleEverywhere();
});
