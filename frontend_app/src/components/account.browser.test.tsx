// The account page, of an account and of a guest. The test acts as the server.
import '../styles/app.css';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { page } from 'vitest/browser';
import { render } from 'vitest-browser-react';
import { expectAccessibleEverywhere } from '../../test/axe';
import { App } from '../app';
import type { Account } from '../lib/account';
import { Api } from '../lib/api';
import { StoredTokens } from '../lib/auth/stored-tokens';

const at = '2026-11-20T10:00:00Z';
const session = (id: string, current: boolean) => ({
  id,
  current,
  created_at: at,
  refreshed_at: at,
  expires_at: at,
});

let asked: string[];
let account: Account;
let refusals: Record<string, Response>;

beforeEach(async () => {
  await page.viewport(1280, 800);
  history.replaceState(null, '', '/account');
  asked = [];
  refusals = {};
  account = {
    user: { id: 'u-ada', name: 'ada' },
    username: 'ada',
    created_at: at,
    sessions: [session('s1', true), session('s2', false)],
  };
  vi.stubGlobal('fetch', async (url: string, { method = 'GET', body }: RequestInit = {}) => {
    if (url === '/v1/auth/refresh')
      return Response.json({ access_token: 't2', expires_in: 900, user: account.user });
    const refusal = refusals[`${method} ${url}`];
    if (refusal) return refusal;
    if (url === '/v1/account' && method === 'GET') return Response.json(account);
    asked.push(`${method} ${url} ${body ?? ''}`.trim());
    return method === 'GET' ? Response.json({}) : new Response(null, { status: 204 });
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
  history.replaceState(null, '', '/');
  localStorage.clear();
});

async function openAccount() {
  const tokens = new StoredTokens();
  tokens.accept({ access_token: 't', expires_in: 900, user: account.user });
  await render(<App tokens={tokens} api={new Api(tokens)} />);
  await expect.element(page.getByRole('heading', { name: 'Account', exact: true })).toBeVisible();
  return tokens;
}

describe('an account', () => {
  it('gets another name, which its pages show at once', async () => {
    const tokens = await openAccount();
    await page.getByLabelText('Display name').fill(' Ada L. ');
    account.user.name = 'Ada L.';
    await page.getByRole('button', { name: 'Save' }).click();
    await expect.element(page.getByText('Saved.')).toBeVisible();
    expect(asked).toEqual(['PATCH /v1/account {"display_name":"Ada L."}']);
    expect(tokens.user?.name).toBe('Ada L.');
  });

  it('gets another password; a wrong one is told', async () => {
    await openAccount();
    const change = async () => {
      await page.getByLabelText('Current password').fill('correct horse');
      await page.getByLabelText('New password').fill('battery staple');
      await page.getByRole('button', { name: 'Change password' }).click();
    };
    refusals['POST /v1/account/password'] = Response.json({ title: 'Forbidden' }, { status: 403 });
    await change();
    await expect.element(page.getByText('That is not your password.')).toBeVisible();
    refusals = {};
    await change();
    await expect
      .poll(() => asked)
      .toEqual([
        'POST /v1/account/password {"current_password":"correct horse","new_password":"battery staple"}',
      ]);
  });

  it('signs out elsewhere, but never here by this list', async () => {
    await openAccount();
    await page.getByRole('button', { name: 'Sign out there' }).click();
    await expect.poll(() => asked).toEqual(['DELETE /v1/account/sessions/s2']);
  });

  it('is deleted in two steps, with the password, and nothing of it stays here', async () => {
    const tokens = await openAccount();
    await page.getByRole('button', { name: 'Delete my account…' }).click();
    await page.getByLabelText('Password', { exact: true }).fill('correct horse');
    await page.getByRole('button', { name: 'Delete my account' }).click();
    await expect.element(page.getByRole('button', { name: 'Continue as guest' })).toBeVisible();
    expect(asked).toEqual(['DELETE /v1/account {"password":"correct horse"}']);
    expect(tokens.user).toBeNull();
    expect(localStorage.length).toBe(0);
  });

  it('has a page with one main button and without axe violations, at any width in either theme', async () => {
    await openAccount();
    await page.getByRole('button', { name: 'Delete my account…' }).click();
    expect(document.querySelectorAll('main .primary')).toHaveLength(1);
    await expectAccessibleEverywhere();
  });
});

describe('a guest', () => {
  it('becomes an account, and keeps all that is theirs', async () => {
    account.user = { id: 'u-guest', name: 'Quiet Basil', guest: true };
    await openAccount();
    await expect.element(page.getByText('You are a guest.', { exact: false })).toBeVisible();
    await page.getByLabelText('Username').fill('basil');
    await page.getByLabelText('Password', { exact: true }).fill('correct horse');
    account = { ...account, user: { id: 'u-guest', name: 'basil' }, username: 'basil' };
    await page.getByRole('button', { name: 'Create my account' }).click();
    await expect.element(page.getByText(/basil, since/)).toBeVisible();
    expect(asked).toEqual([
      'POST /v1/account/claim {"username":"basil","password":"correct horse"}',
    ]);
  });

  it('is deleted in two steps without a password, which a guest has not', async () => {
    account.user = { id: 'u-guest', name: 'Quiet Basil', guest: true };
    const tokens = await openAccount();
    await page.getByRole('button', { name: 'Delete my account…' }).click();
    expect(asked).toEqual([]);
    await page.getByRole('button', { name: 'Delete my account' }).click();
    await expect.element(page.getByRole('button', { name: 'Continue as guest' })).toBeVisible();
    expect(asked).toEqual(['DELETE /v1/account {"password":""}']);
    expect(tokens.user).toBeNull();
    expect(location.pathname).toBe('/');
  });
});
