// The app that is installed: without a network it shows itself and the last recipes, after a deploy the new build, and
// it keeps nothing that a person alone may see.
import type { Page } from '@playwright/test';
import { ChatPage, expect, newRecipe, test } from './chat-page';
import { Server } from './server';
import { TwoBuilds } from './two-builds';

test.use({ serviceWorkers: 'allow' });
// A service worker takes its time on a busy machine.
test.setTimeout(120_000);

/** The service worker has all files of its build, and answers for this page. */
async function expectInstalled(page: Page): Promise<void> {
  await expect
    .poll(() => page.evaluate(() => navigator.serviceWorker.controller?.state), { timeout: 30_000 })
    .toBe('activated');
}

/** A new service worker takes over when it has all its files. */
const isUpdating = (page: Page) =>
  page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    return registration?.active?.state !== 'activated' || (registration.installing ?? registration.waiting) !== null;
  });

/** How many keys of this browser's storage begin so. */
const countKept = (page: Page, prefix: string) =>
  page.evaluate(start => Object.keys(localStorage).filter(key => key.startsWith(start)).length, prefix);

/** A recipe with one ingredient and a step, kept by a page that is installed. */
async function cookSoup(page: Page, url: string, recipe: string): Promise<ChatPage> {
  const chat = await ChatPage.openAsGuest(page, url, recipe);
  for (const text of ['call it Soup', 'add 2 onions', 'add step: Simmer for 20 minutes.']) await chat.send(text);
  await expect(page.locator('.recipe-row')).toHaveCount(2);
  await expectInstalled(page);
  await expect.poll(() => countKept(page, 'kept:recipe:')).toBe(1);
  await expect
    .poll(() => page.evaluate(() => Object.values(localStorage).some(text => String(text).includes('Simmer'))))
    .toBe(true);
  return chat;
}

test('without a server the recipe that was open is there after a reload, and on the shelf, and goes on when it is back', async ({ page, startServer, consoleWatch }) => {
  consoleWatch.expectNetworkErrors();
  const server = await startServer();
  const recipe = newRecipe();
  const chat = await cookSoup(page, server.url, recipe);
  await server.kill();
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Soup' })).toBeVisible();
  await expect(page.locator('.recipe-row')).toHaveText([/onions/, /Simmer/]);
  await expect(page.getByText('No connection. This is the recipe as you had it')).toBeVisible();
  const mayMakeMarkup = () => {
    try {
      return Reflect.set(document.createElement('i'), 'innerHTML', '<b>!</b>');
    } catch {
      return false;
    }
  };
  expect(await page.evaluate(mayMakeMarkup), 'the page has its policy').toBe(false);
  consoleWatch.problems.length = 0;
  await page.getByRole('button', { name: 'Cook', exact: true }).click();
  await expect(page.getByText('Step 1 of 1')).toBeVisible();
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'Your recipes' }).click();
  await expect(page.getByText('These recipes are on this device.')).toBeVisible();
  await page.getByRole('link', { name: 'Soup' }).click();
  await expect(page.locator('.recipe-row')).toHaveCount(2);
  await server.start();
  await chat.expectConnected(30_000);
  await expect(page.getByText('No connection. This is the recipe as you had it')).toBeHidden();
  await chat.send('add 1 l stock');
  await expect(page.locator('.recipe-row')).toHaveCount(3);
});

test('after a deploy the next load is of the new build, and so is the one without a network', async ({ page, startServer, consoleWatch }) => {
  consoleWatch.expectNetworkErrors();
  const builds = await TwoBuilds.start((await startServer()).port);
  await cookSoup(page, builds.url, newRecipe());
  const entryOf = () => page.locator('script[type=module]').getAttribute('src');
  const caches = () => page.evaluate(() => window.caches.keys());
  const old = await entryOf();
  const [first] = await caches();
  builds.choose = () => 'new';
  builds.requests.length = 0;
  await page.reload();
  await new ChatPage(page).expectConnected();
  const current = await entryOf();
  expect(current).not.toBe(old);
  expect(builds.requests.filter(request => request.startsWith('old'))).toEqual([]);
  await expect.poll(caches, { timeout: 30_000 }).toEqual([first, expect.stringMatching(/^shell-/)]);
  await expect.poll(() => isUpdating(page), { timeout: 30_000 }).toBe(false);
  builds.close();
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Soup' })).toBeVisible();
  expect(await entryOf()).toBe(current);
});

test('an open page goes on with the files of its build after a deploy', async ({ page, startServer }) => {
  const builds = await TwoBuilds.start((await startServer()).port);
  await cookSoup(page, builds.url, newRecipe());
  builds.choose = () => 'new';
  await page.locator('summary').click();
  await expect(page.getByRole('button', { name: 'Print' })).toBeVisible();
  builds.close();
});

test('nothing of the person is in the caches, and after a sign-out nothing of theirs is shown without a network', async ({ page, startServer, consoleWatch }) => {
  consoleWatch.expectNetworkErrors();
  const server = await startServer();
  const chat = await cookSoup(page, server.url, newRecipe());
  await page.reload();
  await chat.expectConnected();
  const token = await page.evaluate(() => localStorage.getItem('access_token'));
  const cached = await page.evaluate(async () => {
    const found: { path: string; text: string }[] = [];
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const { url } of await cache.keys())
        found.push({ path: new URL(url).pathname, text: (await (await cache.match(url))?.text()) ?? '' });
    }
    return found;
  });
  expect(cached.length).toBeGreaterThan(10);
  const isFile = ({ path }: { path: string }) => path === '/' || /^\/(assets\/)?[\w-]+(\.[\w-]+)*\.(js|css|svg|png|webmanifest)$/.test(path);
  expect(cached.filter(file => !isFile(file)).map(({ path }) => path)).toEqual([]);
  expect(cached.some(({ text }) => text.includes(String(token)) || text.includes('onions'))).toBe(false);
  await chat.signOut();
  await expect(page.getByRole('button', { name: 'Continue as guest' })).toBeVisible();
  expect(await countKept(page, 'kept:')).toBe(0);
  await server.kill();
  await page.reload();
  await expect(page.getByRole('button', { name: 'Continue as guest' })).toBeVisible();
  await expect(page.getByText('onions')).toHaveCount(0);
});
