// Tokens that expire every few seconds: nobody notices, and they are renewed once for all tabs.
import { ChatPage, expect, newRecipe, test } from './chat-page';
import { loadFactor } from './machine';

const SHORT = ['--access-ttl', '20s', '--reauth-lead', '10s', '--reauth-grace', '8s'];
const SHORTER = ['--access-ttl', '12s', '--reauth-lead', '8s', '--reauth-grace', '6s'];

test('a conversation goes on over three re-authentications', async ({ page, startServer }) => {
  test.setTimeout(120_000);
  const server = await startServer(...SHORT);
  const sockets: string[] = [];
  page.on('websocket', socket => sockets.push(socket.url()));
  const chat = await ChatPage.openAsGuest(page, server.url, newRecipe());
  const sent: string[] = [];
  await page.evaluate(watchStatus);
  const token = () => page.evaluate(() => localStorage.getItem('access_token'));
  for (let renewals = 0; renewals <= 3; renewals += 1) {
    const before = await token();
    sent.push(`still here after ${renewals}`);
    await chat.send(sent.at(-1) ?? '');
    await chat.expectMessages(...sent);
    if (renewals < 3) await expect.poll(token, { timeout: 30_000 }).not.toBe(before);
  }
  expect(sockets).toHaveLength(1);
  expect(await page.evaluate(() => Reflect.get(window, 'statusTexts'))).toEqual(['Connected']);
});

/** Runs in the page: records every text that the connection status ever shows. */
function watchStatus(): void {
  const status = document.querySelector('.connection-status') as Element;
  const texts = new Set([status.textContent]);
  Reflect.set(window, 'statusTexts', [...texts]);
  new MutationObserver(() => {
    texts.add(status.textContent);
    Reflect.set(window, 'statusTexts', [...texts]);
  }).observe(status, { characterData: true, childList: true, subtree: true });
}

/** Two tabs that renew for themselves do so at one moment; a renewal that got no answer comes again after four seconds. */
const SAME_MOMENT = 3_000;

test('five tabs renew their token once per expiry, without a reconnection', async ({ page, context, startServer }) => {
  test.setTimeout(240_000);
  const server = await startServer(...SHORTER);
  const recipe = newRecipe();
  let sockets = 0;
  page.on('websocket', () => (sockets += 1));
  const tabs = [await ChatPage.openAsGuest(page, server.url, recipe)];
  /** When each was asked for, by the browser's own clock, and what was answered. */
  const refreshes: { at: number; status: number }[] = [];
  context.on('page', tab => tab.on('websocket', () => (sockets += 1)));
  context.on('response', response => {
    const at = response.request().timing().startTime;
    if (response.url().endsWith('/v1/auth/refresh')) refreshes.push({ at, status: response.status() });
  });
  while (tabs.length < 5) {
    const tab = new ChatPage(await context.newPage());
    await tab.page.goto(`${server.url}/r/${recipe}`);
    await tab.expectConnected();
    tabs.push(tab);
  }
  // A tab that opens just when the token is due asks for itself.
  const opened = Date.now();
  const times = () => refreshes.map(({ at }) => at).filter(at => at > opened);
  await expect.poll(() => times().length, { timeout: 150_000, message: 'rounds' }).toBeGreaterThanOrEqual(10);
  const sorted = times().sort((a, b) => a - b);
  const gaps = sorted.slice(1).map((time, before) => time - (sorted[before] ?? 0));
  expect(Math.min(...gaps), `between renewals: ${gaps.map(Math.round)}`).toBeGreaterThan(SAME_MOMENT);
  expect(refreshes.every(({ status }) => status === 200)).toBe(true);
  expect(sockets, 'one socket for each tab').toBe(5);
  for (const tab of tabs) await expect(tab.status).toHaveText('Connected');
});

test('a tab that froze while it holds the lock costs one more renewal at most', async ({ page, context, startServer }) => {
  test.setTimeout(120_000);
  const server = await startServer('--access-ttl', '40s', '--reauth-lead', '34s', '--reauth-grace', '25s');
  const recipe = newRecipe();
  const refreshes: number[] = [];
  context.on('response', response => {
    if (response.url().endsWith('/v1/auth/refresh')) refreshes.push(response.status());
  });
  const frozen = await ChatPage.openAsGuest(page, server.url, recipe);
  const id = await frozen.page.evaluate(() => {
    const { id } = JSON.parse(localStorage.getItem('recipe_chat_user') ?? '{}');
    void navigator.locks.request(`recipe-chat-refresh:${id}`, () => new Promise(() => {}));
    return id;
  });
  expect(id).toBeTruthy();
  const tabs: ChatPage[] = [];
  while (tabs.length < 3) {
    const tab = new ChatPage(await context.newPage());
    await tab.page.goto(`${server.url}/r/${recipe}`);
    await tab.expectConnected();
    tabs.push(tab);
  }
  const before = await page.evaluate(() => localStorage.getItem('access_token'));
  await expect
    .poll(() => page.evaluate(() => localStorage.getItem('access_token')), { timeout: 25_000 })
    .not.toBe(before);
  await page.waitForTimeout(1_500);
  // On a busy machine a tab may hear too late that another has renewed; none asks twice.
  expect(refreshes.length).toBeLessThanOrEqual(Math.min(2 * loadFactor(), tabs.length));
  for (const tab of [frozen, ...tabs]) await expect(tab.status).toHaveText('Connected');
});

test('an ended connection shows the id that the server gave it, to be told to an operator', async ({ page, startServer }) => {
  const server = await startServer();
  const frames: { type: string; payload: { connection?: string; action?: string } }[] = [];
  page.on('websocket', socket => socket.on('framereceived', ({ payload }) => frames.push(JSON.parse(String(payload)))));
  await ChatPage.openAsGuest(page, server.url, newRecipe());
  await page.evaluate(async () => {
    const token = localStorage.getItem('access_token');
    await fetch('/v1/auth/logout', { method: 'POST', headers: { authorization: `Bearer ${token}` } });
  });
  await expect(page.getByRole('heading', { name: 'You are signed out' })).toBeVisible();
  expect(frames.at(-1)).toMatchObject({ type: 'closing', payload: { action: 'sign_in', connection: expect.stringMatching(/./) } });
  await expect(page.locator('.ended')).toContainText(`Connection ID: ${frames.at(-1)?.payload.connection}`);
});
