// Ordinary use: sign-up, two people in one recipe, changes, downloads, sign-out.
import { readFileSync } from 'node:fs';
import { ChatPage, expect, newRecipe, signUp, test, watchConsole } from './chat-page';
import { Server } from './server';

let server: Server;
test.beforeAll(async () => {
  server = await Server.start();
});
test.afterAll(() => server.remove());

test('two people see their messages and the recipe that they change', async ({ page, browser, consoleWatch }) => {
  const elsewhere = await browser.newContext();
  watchConsole(elsewhere, consoleWatch.problems);
  const recipe = newRecipe();
  const ada = await ChatPage.openAsGuest(page, server.url, recipe);
  const bob = await ChatPage.openAsGuest(await elsewhere.newPage(), server.url, recipe);

  await ada.send('add 2 cups flour');
  await expect(bob.page.locator('.recipe-row.added')).toContainText('flour');
  await expect(bob.page.locator('.recipe-row .tag')).toHaveText('new');
  await bob.send('and now what?');
  for (const chat of [ada, bob]) await chat.expectMessages('add 2 cups flour', 'and now what?');
  await expect(bob.page.locator('.effect').first()).toContainText(/flour/i);

  await bob.page.getByRole('button', { name: 'One more' }).click();
  await bob.page.getByRole('button', { name: 'for everyone' }).click();
  await ada.page.getByRole('button', { name: /^Undo: Scaled/ }).click();
  await expect(ada.page.locator('.message')).toHaveCount(4);
  await elsewhere.close();
});

test('an account signs up, creates a recipe of its own, and finds it again', async ({ page, consoleWatch }) => {
  consoleWatch.expectNetworkErrors(); // Chromium prints the 401 of the wrong password
  const name = `ada-${Date.now().toString(36)}`;
  await signUp(page, server.url, name);
  await page.getByLabel('Name of the dish').fill(`Crêpes ${name}`);
  await page.getByRole('button', { name: 'New recipe' }).click();
  await new ChatPage(page).expectConnected();
  expect(new URL(page.url()).pathname).not.toBe(`/r/crepes-${name}`);
  await page.getByRole('link', { name: 'Your recipes' }).click();
  await expect(page.getByRole('link', { name: `Crêpes ${name}` })).toBeVisible();
  await page.locator('header summary').click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('Username').fill(name);
  await page.getByLabel('Password', { exact: true }).fill('wrong horse');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByRole('alert')).toHaveText('Invalid username or password');
  await page.getByLabel('Password', { exact: true }).fill('correct horse');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByRole('link', { name: `Crêpes ${name}` })).toBeVisible();
});

test('a cook without recipes begins with a copy of an example', async ({ page }) => {
  await page.goto(server.url);
  await page.getByRole('button', { name: 'Continue as guest' }).click();
  await page.getByRole('button', { name: 'Copy Weeknight tomato soup' }).click();
  await new ChatPage(page).expectConnected();
  await expect(page.getByRole('heading', { name: 'Weeknight tomato soup' })).toBeVisible();
  await expect(page.locator('.recipe-row')).toHaveCount(10);
  await expect(page.getByRole('button', { name: 'Start a timer: 20 minutes' })).toBeVisible();
});

test('a recipe gets another name on the shelf, in its one order of changes, and is found by its tag', async ({ page }) => {
  const recipe = newRecipe();
  const chat = await ChatPage.openAsGuest(page, server.url, recipe);
  for (const text of ['call it Soup', 'tag it winter']) await chat.send(text);
  await chat.expectMessages('call it Soup', 'tag it winter');
  await page.getByRole('link', { name: 'Your recipes' }).click();
  await page.locator('summary').filter({ hasText: 'More about Soup' }).click();
  await page.getByRole('button', { name: 'Rename…' }).click();
  await page.getByLabel('New name').fill('Onion soup, for 2 & more');
  await page.getByRole('button', { name: 'Rename', exact: true }).click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.getByRole('button', { name: 'winter' }).click();
  await page.getByRole('link', { name: 'Onion soup, for 2 & more' }).click();
  await chat.expectConnected();
  await expect(chat.messages).toHaveCount(3);
  await page.getByRole('button', { name: /^Undo: / }).click();
  await expect(page.getByRole('heading', { name: 'Soup', exact: true })).toBeVisible();
});

test('the recipe can be downloaded as Cooklang and schema.org', async ({ page }) => {
  const chat = await ChatPage.openAsGuest(page, server.url, newRecipe());
  await chat.send('add 2 cups flour');
  await chat.expectMessages('add 2 cups flour');
  for (const [name, content] of [
    ['Export as Cooklang', /flour/],
    ['Export as JSON-LD', /"@type"\s*:\s*"Recipe"/],
  ] as const) {
    await page.locator('summary').click();
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name }).click(),
    ]);
    expect(readFileSync(await file.path(), 'utf8')).toMatch(content);
    await expect(page.locator('details')).not.toHaveAttribute('open');
  }
});

test('a sign-out ends every tab and device of the account at once', async ({ page, context }) => {
  const recipe = newRecipe();
  const here = await ChatPage.openAsGuest(page, server.url, recipe);
  const other = new ChatPage(await context.newPage());
  await other.page.goto(`${server.url}/r/${recipe}`);
  await other.expectConnected();
  await here.signOut();
  for (const tab of [here, other]) {
    await expect(tab.page.getByRole('button', { name: 'Continue as guest' })).toBeVisible();
  }
  expect(await page.evaluate(() => localStorage.length)).toBeLessThanOrEqual(1); // the theme at most
});

test('a sign-out shows no page of the person any more while the server has not answered, and nothing asks to sign in again', async ({ page }) => {
  const chat = await ChatPage.openAsGuest(page, server.url, newRecipe());
  let answer = () => {};
  const isAnswered = new Promise<void>(resolve => (answer = resolve));
  await page.route('**/v1/auth/logout', async route => {
    const response = await route.fetch();
    await isAnswered;
    await route.fulfill({ response });
  });
  await page.evaluate(() => {
    const seen = new Set<string>();
    Reflect.set(window, 'seenHeadings', seen);
    new MutationObserver(() => {
      for (const { textContent } of document.querySelectorAll('h1, h2')) seen.add(textContent ?? '');
    }).observe(document.body, { childList: true, subtree: true });
  });
  const told = page.waitForRequest('**/v1/auth/logout');
  await chat.signOut();
  await expect(page.getByRole('button', { name: 'Continue as guest' })).toBeVisible();
  await told;
  expect(new URL(page.url()).pathname).toBe('/');
  answer();
  await page.getByRole('button', { name: 'Continue as guest' }).click();
  await expect(page.getByRole('heading', { name: 'Your shelf is empty' })).toBeVisible();
  const seen = await page.evaluate(() => [...(Reflect.get(window, 'seenHeadings') as Set<string>)]);
  expect(seen).not.toContain('You are signed out');
});

test('an address that leads nowhere is a page that says so, however deep it is', async ({ page }) => {
  await ChatPage.openAsGuest(page, server.url, newRecipe());
  for (const path of ['/about', '/a/b', '/r/not%20valid!', '/r/a/b']) {
    await page.goto(`${server.url}${path}`);
    await expect(page.getByRole('heading', { name: 'Nothing is here' }), path).toBeVisible();
  }
  await page.getByRole('link', { name: 'Back to your recipes' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Your recipes');
});

test('a German browser is shown one language, which the page names', async ({ browser, consoleWatch }) => {
  const context = await browser.newContext({ locale: 'de-DE', serviceWorkers: 'block' });
  watchConsole(context, consoleWatch.problems);
  const chat = await ChatPage.openAsGuest(await context.newPage(), server.url, newRecipe());
  const { page } = chat;
  await chat.send('add 1500 g flour');
  await expect(page.getByText('Changed just now by you')).toBeVisible();
  await expect(page.locator('.ingredients')).toContainText('1.5 kg flour');
  await expect(page.locator('.day')).toHaveText('Today');
  await expect(page.locator('.message time').first()).toHaveText(/^\d\d:\d\d [AP]M$/);
  await page.locator('header summary').click();
  await page.getByRole('link', { name: 'Keep my recipes' }).click();
  await expect(page.getByText(/^Last used today, /)).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.lang)).toBe('en');
  await context.close();
});

test('the first load takes few requests, and none to another origin', async ({ page }) => {
  const requested: string[] = [];
  page.on('request', request => requested.push(request.url()));
  const response = await page.goto(server.url);
  await expect(page.getByRole('button', { name: 'Continue as guest' })).toBeVisible();
  const beforePaint = await page.evaluate(() => {
    const [paint] = performance.getEntriesByName('first-contentful-paint');
    return performance
      .getEntriesByType('resource')
      .filter(({ name, startTime }) => startTime < (paint?.startTime ?? Infinity) && !name.endsWith('favicon.svg'))
      .map(({ name }) => name);
  });
  expect(beforePaint.length, beforePaint.join(' ')).toBeLessThan(4); // beside the page itself
  expect(requested.every(url => url.startsWith(server.url))).toBe(true);
  expect(response?.headers()['content-security-policy']).toContain("default-src 'self'");
  expect(response?.headers()['content-security-policy']).toContain("require-trusted-types-for 'script'");
});
