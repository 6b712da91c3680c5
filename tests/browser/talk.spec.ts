// The ordinary day: sign-up, two cooks at one recipe, changes, downloads, sign-out.
import { readFileSync } from 'node:fs';
import { Cook, expect, listen, newRecipe, test } from './cook';
import { Server } from './server';

let server: Server;
test.beforeAll(async () => {
  server = await Server.start();
});
test.afterAll(() => server.remove());

test('two cooks see each other and the recipe that they change', async ({ page, browser, ears }) => {
  const elsewhere = await browser.newContext();
  listen(elsewhere, ears.complaints);
  const recipe = newRecipe();
  const ada = await Cook.atTable(page, server.url, recipe);
  const bob = await Cook.atTable(await elsewhere.newPage(), server.url, recipe);

  await ada.says('add 2 cups flour');
  await expect(bob.page.locator('.recipe-row.added')).toContainText('flour');
  await expect(bob.page.locator('.recipe-row .tag')).toHaveText('new');
  await bob.says('and now what?');
  for (const cook of [ada, bob]) await cook.sees('add 2 cups flour', 'and now what?');
  await expect(bob.page.locator('.effect').first()).toContainText(/flour/i);

  await bob.page.getByRole('button', { name: 'One more' }).click();
  await expect(ada.page.locator('.servings b')).not.toHaveText('');
  await ada.page.getByRole('button', { name: 'Undo' }).click();
  await expect(ada.bubbles).toHaveCount(4);
  await elsewhere.close();
});

test('an account signs up, opens a recipe by name, and finds it again', async ({ page, ears }) => {
  ears.expectNetworkNoise(); // Chromium prints the 401 of the wrong password
  const name = `ada-${Date.now().toString(36)}`;
  await page.goto(server.url);
  await page.getByRole('button', { name: 'New here?' }).click();
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill('correct horse');
  await page.getByRole('button', { name: 'Create an account' }).click();
  await page.getByLabel('Open or create a recipe').fill(`Crêpes ${name}`);
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await new Cook(page).isLive();
  expect(new URL(page.url()).pathname).toBe(`/r/crepes-${name}`);
  await page.getByRole('link', { name: 'Your recipes' }).click();
  await expect(page.getByRole('link', { name: `Crêpes ${name}` })).toBeVisible();
  await page.locator('summary').click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill('wrong horse');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByRole('alert')).toHaveText('Invalid username or password');
  await page.getByLabel('Password').fill('correct horse');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByRole('link', { name: `Crêpes ${name}` })).toBeVisible();
});

test('the recipe can be taken away as Cooklang and schema.org', async ({ page }) => {
  const cook = await Cook.atTable(page, server.url, newRecipe());
  await cook.says('add 2 cups flour');
  await cook.sees('add 2 cups flour');
  for (const [name, content] of [
    ['Save as Cooklang', /flour/],
    ['Save as schema.org', /"@type"\s*:\s*"Recipe"/],
  ] as const) {
    await page.locator('summary').click();
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name }).click(),
    ]);
    expect(readFileSync(await file.path(), 'utf8')).toMatch(content);
    await page.keyboard.press('Escape');
  }
});

test('a sign-out ends every tab and device of the account at once', async ({ page, context }) => {
  const recipe = newRecipe();
  const here = await Cook.atTable(page, server.url, recipe);
  const other = new Cook(await context.newPage());
  await other.page.goto(`${server.url}/r/${recipe}`);
  await other.isLive();
  await here.page.locator('summary').click();
  await here.page.getByRole('button', { name: 'Sign out' }).click();
  for (const tab of [here, other]) {
    await expect(tab.page.getByRole('button', { name: 'Continue as guest' })).toBeVisible();
  }
  expect(await page.evaluate(() => localStorage.length)).toBeLessThanOrEqual(1); // the theme at most
});

test('the first load is small, and asks nobody else', async ({ page }) => {
  const asked: string[] = [];
  page.on('request', request => asked.push(request.url()));
  const response = await page.goto(server.url);
  await expect(page.getByRole('button', { name: 'Continue as guest' })).toBeVisible();
  const beforePaint = asked.filter(url => !url.endsWith('favicon.svg'));
  expect(beforePaint.length, beforePaint.join(' ')).toBeLessThanOrEqual(4);
  expect(asked.every(url => url.startsWith(server.url))).toBe(true);
  expect(response?.headers()['content-security-policy']).toContain("default-src 'self'");
  expect(response?.headers()['content-security-policy']).toContain("require-trusted-types-for 'script'");
});
