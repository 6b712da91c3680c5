// Tokens that expire every few seconds: nobody notices, and the tabs renew them once for all.
import { Cook, expect, newRecipe, test } from './cook';

const SHORT = ['--access-ttl', '20s', '--reauth-lead', '10s', '--reauth-grace', '8s'];
const SHORTER = ['--access-ttl', '12s', '--reauth-lead', '8s', '--reauth-grace', '6s'];

test('a conversation goes on over three re-authentications', async ({ page, startServer }) => {
  test.setTimeout(120_000);
  const server = await startServer(...SHORT);
  const sockets: string[] = [];
  page.on('websocket', socket => sockets.push(socket.url()));
  const cook = await Cook.atTable(page, server.url, newRecipe());
  const words: string[] = [];
  await page.evaluate(watchPill);
  const token = () => page.evaluate(() => localStorage.getItem('access_token'));
  for (let renewals = 0; renewals <= 3; renewals += 1) {
    const before = await token();
    words.push(`still here after ${renewals}`);
    await cook.says(words.at(-1) ?? '');
    await cook.sees(...words);
    if (renewals < 3) await expect.poll(token, { timeout: 30_000 }).not.toBe(before);
  }
  expect(sockets).toHaveLength(1);
  expect(await page.evaluate(() => Reflect.get(window, 'pillTexts'))).toEqual(['Connected']);
});

/** Runs in the page: notes every text that the status ever shows. */
function watchPill(): void {
  const pill = document.querySelector('.connection-status') as Element;
  const texts = new Set([pill.textContent]);
  Reflect.set(window, 'pillTexts', [...texts]);
  new MutationObserver(() => {
    texts.add(pill.textContent);
    Reflect.set(window, 'pillTexts', [...texts]);
  }).observe(pill, { characterData: true, childList: true, subtree: true });
}

test('five tabs renew their token once per round, without a reconnection', async ({ page, context, startServer }) => {
  test.setTimeout(120_000);
  const server = await startServer(...SHORTER);
  const recipe = newRecipe();
  let sockets = 0;
  page.on('websocket', () => (sockets += 1));
  const tabs = [await Cook.atTable(page, server.url, recipe)];
  const refreshes: number[] = [];
  context.on('page', tab => tab.on('websocket', () => (sockets += 1)));
  context.on('response', response => {
    if (response.url().endsWith('/v1/auth/refresh')) refreshes.push(response.status());
  });
  while (tabs.length < 5) {
    const tab = new Cook(await context.newPage());
    await tab.page.goto(`${server.url}/r/${recipe}`);
    await tab.isLive();
    tabs.push(tab);
  }
  const tokens = new Set<string | null>();
  const start = Date.now();
  while (tokens.size < 11 && Date.now() - start < 100_000) {
    tokens.add(await page.evaluate(() => localStorage.getItem('access_token')));
    await page.waitForTimeout(200);
  }
  expect(tokens.size, 'rounds').toBe(11);
  expect(refreshes.length, 'refreshes').toBeLessThanOrEqual(tokens.size);
  expect(refreshes.length, 'refreshes').toBeGreaterThanOrEqual(tokens.size - 1);
  expect(refreshes.every(status => status === 200)).toBe(true);
  expect(sockets, 'one socket for each tab').toBe(5);
  for (const tab of tabs) await expect(tab.pill).toHaveText('Connected');
});

test('a tab that froze with the lock costs one more renewal at most', async ({ page, context, startServer }) => {
  const server = await startServer('--access-ttl', '40s', '--reauth-lead', '34s', '--reauth-grace', '25s');
  const recipe = newRecipe();
  const refreshes: number[] = [];
  context.on('response', response => {
    if (response.url().endsWith('/v1/auth/refresh')) refreshes.push(response.status());
  });
  const frozen = await Cook.atTable(page, server.url, recipe);
  const id = await frozen.page.evaluate(() => {
    const { id } = JSON.parse(localStorage.getItem('recipe_chat_user') ?? '{}');
    void navigator.locks.request(`recipe-chat-refresh:${id}`, () => new Promise(() => {}));
    return id;
  });
  expect(id).toBeTruthy();
  const tabs: Cook[] = [];
  while (tabs.length < 3) {
    const tab = new Cook(await context.newPage());
    await tab.page.goto(`${server.url}/r/${recipe}`);
    await tab.isLive();
    tabs.push(tab);
  }
  const before = await page.evaluate(() => localStorage.getItem('access_token'));
  await expect
    .poll(() => page.evaluate(() => localStorage.getItem('access_token')), { timeout: 25_000 })
    .not.toBe(before);
  await page.waitForTimeout(1_500);
  expect(refreshes.length).toBeLessThanOrEqual(2);
  for (const tab of [frozen, ...tabs]) await expect(tab.pill).toHaveText('Connected');
});

test('an ended connection is named as the server named it, for whoever asks an operator', async ({ page, startServer }) => {
  const server = await startServer();
  const frames: { type: string; payload: { connection?: string; action?: string } }[] = [];
  page.on('websocket', socket => socket.on('framereceived', ({ payload }) => frames.push(JSON.parse(String(payload)))));
  await Cook.atTable(page, server.url, newRecipe());
  await page.evaluate(async () => {
    const token = localStorage.getItem('access_token');
    await fetch('/v1/auth/logout', { method: 'POST', headers: { authorization: `Bearer ${token}` } });
  });
  await expect(page.getByRole('heading', { name: 'You are signed out' })).toBeVisible();
  expect(frames.at(-1)).toMatchObject({ type: 'closing', payload: { action: 'sign_in', connection: expect.stringMatching(/./) } });
  await expect(page.locator('.ended')).toContainText(`Connection ID: ${frames.at(-1)?.payload.connection}`);
});
