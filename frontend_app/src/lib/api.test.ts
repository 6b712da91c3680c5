// @vitest-environment happy-dom
// The HTTP calls: what they send, what they retry, and which errors they throw.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Api, ApiError } from './api';
import { StoredTokens } from './auth/stored-tokens';
import { saveDraft } from './drafts';
import { RecipeCalls } from './recipes';
import { toggleIn } from './stored-set';

const ADA = { id: 'u-ada', name: 'ada' };
const pair = (token: string) => ({
  access_token: token,
  token_type: 'Bearer',
  expires_in: 900,
  user: ADA,
});

let asked: { url: string; method: string; token: string | null; body: unknown }[];
let answers: Response[];
let tokens: StoredTokens;
let api: Api;

beforeEach(() => {
  localStorage.clear();
  asked = [];
  answers = [];
  vi.stubGlobal('fetch', async (url: string, init: RequestInit = {}) => {
    const token = new Headers(init.headers).get('authorization');
    const body = init.body ? JSON.parse(String(init.body)) : null;
    asked.push({ url, method: init.method ?? 'GET', token, body });
    const answer = answers.shift();
    if (!answer) throw new TypeError('network');
    return answer;
  });
  tokens = new StoredTokens();
  api = new Api(tokens);
});

describe('signing in', () => {
  it('keeps the access token and the name', async () => {
    answers = [Response.json(pair('t1'))];
    await api.signIn({ username: 'ada', password: 'correct horse' });
    expect(asked[0]).toMatchObject({
      url: '/v1/auth/login',
      body: { username: 'ada' },
      token: null,
    });
    expect(tokens.user).toEqual(ADA);
    expect(localStorage.getItem('access_token')).toBe('t1');
  });

  it('throws the error of the server', async () => {
    answers = [Response.json({ title: 'Conflict', detail: 'This name is taken' }, { status: 409 })];
    const refused = await api.signUp({ username: 'ada', password: 'x' }).catch(error => error);
    expect(refused).toBeInstanceOf(ApiError);
    expect(refused).toMatchObject({ status: 409, message: 'This name is taken' });
  });

  it('goes on as a guest, whom the server makes', async () => {
    const guest = { id: 'u-guest', name: 'guest-k3f9x2', guest: true };
    answers = [Response.json({ ...pair('t1'), user: guest }, { status: 201 })];
    await api.guest();
    expect(asked[0]).toMatchObject({ url: '/v1/auth/guest', body: {}, token: null });
    expect(tokens.user).toEqual(guest);
  });

  it('throws status 0 when nobody answers', async () => {
    const failed = await api.signIn({ username: 'a', password: 'b' }).catch(error => error);
    expect(failed).toMatchObject({ status: 0 });
  });
});

describe('calls with a token', () => {
  beforeEach(() => tokens.accept(pair('t1')));

  it('are tried once more with a new token when the old one is refused', async () => {
    answers = [
      new Response('{}', { status: 401 }),
      Response.json(pair('t2')),
      Response.json({ recipes: [] }),
    ];
    expect(await new RecipeCalls(api).list()).toEqual({ recipes: [] });
    expect(asked.map(({ url, token }) => `${url} ${token}`)).toEqual([
      '/v1/recipes Bearer t1',
      '/v1/auth/refresh null',
      '/v1/recipes Bearer t2',
    ]);
  });

  it('always create a recipe of the caller’s own: the server makes the id', async () => {
    answers = [Response.json({ id: 'pancakes-k3f9x2' }, { status: 201 })];
    expect(await new RecipeCalls(api).create('Pancakes')).toBe('pancakes-k3f9x2');
    expect(asked.at(-1)?.body).toEqual({ title: 'Pancakes' });
    answers = [Response.json({ title: 'No' }, { status: 422 })];
    await expect(new RecipeCalls(api).create('寿司')).rejects.toThrow('No');
  });

  it('read the messages before a revision', async () => {
    answers = [Response.json({ messages: [{ id: 'm1' }], messages_truncated: false })];
    expect(await api.messages('pan cakes', 42, 200)).toEqual([{ id: 'm1' }]);
    expect(asked[0]?.url).toBe('/v1/recipes/pan%20cakes/messages?before=42&limit=200');
  });

  it('sign out here even when the server is away, and leave nothing of the person behind', async () => {
    saveDraft('u-ada:pancakes', 'half a thou');
    toggleIn('u-ada:pancakes', 'i1');
    await api.signOut();
    expect(localStorage.length + sessionStorage.length).toBe(0);
    expect(tokens.user).toBeNull();
    expect(localStorage.getItem('access_token')).toBeNull();
  });
});
