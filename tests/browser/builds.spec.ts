// A rolling update, and files of the page that cannot be loaded: nobody is left with a blank page or an empty menu.
import type { Page } from '@playwright/test';
import { ChatPage, expect, figures, newRecipe, test } from './chat-page';
import { TwoBuilds } from './two-builds';

let builds: TwoBuilds;
test.beforeEach(async ({ consoleWatch, startServer }) => {
  consoleWatch.expectNetworkErrors();
  builds = await TwoBuilds.start((await startServer()).port);
});
test.afterEach(() => builds.close());

const isFile = (path: string) => path.startsWith('/assets/');

/** How often the page itself was loaded. */
function countLoads(page: Page): () => number {
  let loads = 0;
  page.on('request', request => {
    if (request.isNavigationRequest()) loads += 1;
  });
  return () => loads;
}

async function openMenu(page: Page): Promise<void> {
  await page.locator('summary').click();
  await expect(page.getByRole('button', { name: 'Print' })).toBeVisible();
}

test('a page whose files are all requested from the wrong build first starts, with its styles, with one reload at most', async ({ page }) => {
  const loads = countLoads(page);
  const refused = new Set<string>();
  builds.choose = path => {
    if (!isFile(path) || refused.has(path)) return 'old';
    refused.add(path);
    return 'new';
  };
  await ChatPage.openAsGuest(page, builds.url, newRecipe());
  await openMenu(page);
  const display = await page.locator('.recipe-chat').evaluate(one => getComputedStyle(one).display);
  expect(display, 'styles').toBe('flex');
  expect(loads()).toBeLessThanOrEqual(2);
  expect(refused.size, 'files that were refused first').toBeGreaterThanOrEqual(3);
  figures('every file refused once', { files: refused.size, reloads: loads() - 1 });
});

test('a page of a build that is gone when it requests its files reloads, once', async ({ page }) => {
  const loads = countLoads(page);
  let pages = 0;
  builds.choose = path => {
    if (path === '/') pages += 1;
    return isFile(path) || pages > 1 ? 'new' : 'old';
  };
  await page.clock.install();
  await page.goto(builds.url, { waitUntil: 'commit' });
  await expect(async () => {
    await page.clock.runFor(20_000);
    expect(loads()).toBe(2);
  }).toPass();
  await page.clock.resume();
  await expect(page.getByRole('button', { name: 'Continue as guest' })).toBeVisible();
  expect(loads()).toBe(2);
});

test('an open page that needs a module of a build that is gone reloads, and nothing written is lost', async ({ page }) => {
  const loads = countLoads(page);
  const chat = await ChatPage.openAsGuest(page, builds.url, newRecipe());
  await chat.send('said before');
  await chat.expectMessages('said before');
  await chat.field.fill('a draft');
  builds.choose = () => 'new';
  const needed = Date.now();
  await page.locator('summary').click();
  await expect.poll(loads, { timeout: 20_000 }).toBe(2);
  await chat.expectConnected();
  await chat.expectMessages('said before');
  figures('build replaced under an open page', { connected_again_after_ms: Date.now() - needed, reloads: loads() - 1 });
  await expect(chat.field).toHaveValue('a draft');
  await openMenu(page);
  expect(loads()).toBe(2);
});

/** Lets time jump until the page requests its files no more: each jump ends one of its pauses at most. */
async function giveUp(page: Page): Promise<void> {
  let requests = 0;
  page.on('request', request => {
    if (isFile(new URL(request.url()).pathname)) requests += 1;
  });
  for (let quiet = 0; quiet < 3; ) {
    const before = requests;
    await page.clock.fastForward(60_000);
    await page.evaluate(() => fetch('/healthz').then(answer => answer.text()));
    quiet = requests === before ? quiet + 1 : 0;
  }
}

test('a page whose files no server has says so, and does not reload for ever', async ({ page }) => {
  const loads = countLoads(page);
  builds.choose = path => (isFile(path) ? 'new' : 'old');
  await page.clock.install();
  await page.goto(builds.url, { waitUntil: 'commit' });
  await expect(async () => {
    // Jumps: to run through each frame of it takes long on a busy machine.
    await page.clock.fastForward(20_000);
    await expect(page.getByText('This page could not be loaded.')).toBeVisible({ timeout: 100 });
    expect(loads()).toBe(2);
  }).toPass();
  await giveUp(page);
  expect(loads()).toBe(2);
  builds.choose = () => 'old';
  await page.clock.resume();
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('button', { name: 'Continue as guest' })).toBeVisible();
});

test('a module that is needed without a network says so, and is loaded when the network is back', async ({ page, context }) => {
  const loads = countLoads(page);
  await ChatPage.openAsGuest(page, builds.url, newRecipe());
  await context.setOffline(true);
  await page.locator('summary').click();
  await expect(page.getByRole('alert').filter({ hasText: 'This could not be loaded.' })).toBeVisible();
  await context.setOffline(false);
  // A browser that has begun to import it, and remembers that this failed, loads the page anew, once.
  await expect(async () => {
    if ((await page.locator('details[open] > summary').count()) === 0) await page.locator('summary').click();
    await expect(page.getByRole('button', { name: 'Print' })).toBeVisible({ timeout: 2_000 });
  }).toPass({ timeout: 20_000 });
  expect(loads()).toBeLessThanOrEqual(2);
});

test('a module that failed is loaded on the next request', async ({ page, context }) => {
  await ChatPage.openAsGuest(page, builds.url, newRecipe());
  await context.setOffline(true);
  await page.keyboard.press('Shift+?');
  const again = page.getByRole('button', { name: 'Try again' });
  await expect(again).toBeVisible();
  await page.getByRole('button', { name: 'Close' }).click();
  await expect(again).toBeHidden();
  await context.setOffline(false);
  await page.keyboard.press('Shift+?');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
});
