// A rolling update, and parts of the page that do not come: nobody is left with a blank page or an empty menu.
import type { Page } from '@playwright/test';
import { Cook, expect, newRecipe, test } from './cook';
import { TwoBuilds } from './two-builds';

let builds: TwoBuilds;
test.beforeEach(async ({ ears, startServer }) => {
  ears.expectNetworkNoise();
  builds = await TwoBuilds.before((await startServer()).port);
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

test('a page whose every file is asked of the wrong build first: it comes, with its styles, without a reload', async ({ page }) => {
  const loads = countLoads(page);
  const met = new Set<string>();
  builds.choose = path => {
    if (!isFile(path) || met.has(path)) return 'old';
    met.add(path);
    return 'new';
  };
  await Cook.atTable(page, builds.url, newRecipe());
  await openMenu(page);
  const display = await page.locator('.recipe-chat').evaluate(one => getComputedStyle(one).display);
  expect(display, 'styles').toBe('flex');
  expect(loads()).toBe(1);
  expect(met.size, 'files that were refused first').toBeGreaterThanOrEqual(3);
});

test('a page of a build that is gone when it asks for its files loads itself anew, once', async ({ page }) => {
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

test('an open page meets the next build when a part is wanted: it loads itself anew, and nothing written is lost', async ({ page }) => {
  const loads = countLoads(page);
  const cook = await Cook.atTable(page, builds.url, newRecipe());
  await cook.says('said before');
  await cook.sees('said before');
  await cook.field.fill('a draft');
  builds.choose = () => 'new';
  await page.locator('summary').click();
  await expect.poll(loads, { timeout: 20_000 }).toBe(2);
  await cook.isLive();
  await cook.sees('said before');
  await expect(cook.field).toHaveValue('a draft');
  await openMenu(page);
  expect(loads()).toBe(2);
});

test('a page whose files nobody has says so, and does not load itself for ever', async ({ page }) => {
  const loads = countLoads(page);
  builds.choose = path => (isFile(path) ? 'new' : 'old');
  await page.clock.install();
  await page.goto(builds.url, { waitUntil: 'commit' });
  await expect(async () => {
    await page.clock.runFor(20_000);
    await expect(page.getByText('This page could not be loaded.')).toBeVisible({ timeout: 100 });
    expect(loads()).toBe(2);
  }).toPass();
  await page.clock.runFor(60_000);
  expect(loads()).toBe(2);
  builds.choose = () => 'old';
  await page.clock.resume();
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('button', { name: 'Continue as guest' })).toBeVisible();
});

test('a part that is wanted without a network says so, and comes when the network does', async ({ page, context }) => {
  await Cook.atTable(page, builds.url, newRecipe());
  await context.setOffline(true);
  await page.locator('summary').click();
  await expect(page.getByRole('alert').filter({ hasText: 'This could not be loaded.' })).toBeVisible();
  await context.setOffline(false);
  await expect(page.getByRole('button', { name: 'Print' })).toBeVisible();
});

test('a part that failed comes when it is asked for again', async ({ page, context }) => {
  await Cook.atTable(page, builds.url, newRecipe());
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
