// @vitest-environment happy-dom

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Api } from './api';
import { StoredTokens } from './auth/stored-tokens';
import { signInAddress, signInIssuers, takeOutcome } from './issuer-sign-in';

const api = () => new Api(new StoredTokens());

beforeEach(() => history.replaceState(null, '', '/r/soup'));
afterEach(() => {
  vi.unstubAllGlobals();
  localStorage.clear();
});

it('lists what the server lists, and nothing where it lists nothing that makes sense', async () => {
  const corp = { name: 'corp', label: 'Corp' };
  for (const [answer, listed] of [
    [Response.json({ issuers: [corp] }), [corp]],
    [Response.json({}), []],
    [Response.json(null), []],
    [new Response('<html>'), []],
    [new Response('', { status: 404 }), []],
  ] as const) {
    vi.stubGlobal('fetch', async () => answer);
    expect(await signInIssuers(api())).toEqual(listed);
  }
});

it('leads to the issuer and back to this page', () => {
  const address = signInAddress({ name: 'a/b', label: '' });
  expect(address).toBe('/v1/auth/issuers/a%2Fb/sign-in?return=%2Fr%2Fsoup');
});

it('tells once what has become of a sign-in', () => {
  expect(takeOutcome()).toBeNull();
  history.replaceState(null, '', '/r/soup?a=1#sign_in=refused');
  expect(takeOutcome()).toBe('refused');
  expect(`${location.search}${location.hash}`).toBe('?a=1');
  expect(takeOutcome()).toBeNull();
  history.replaceState(null, '', '/r/soup#elsewhere');
  expect(takeOutcome()).toBeNull();
  expect(location.hash).toBe('#elsewhere');
});
