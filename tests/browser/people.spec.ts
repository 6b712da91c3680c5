// Access to a recipe: it is made private, one person is invited and removed again. And the import of a recipe.
import { ChatPage, expect, watchConsole, newRecipe, test } from './chat-page';
import { Server } from './server';

let server: Server;
test.beforeAll(async () => {
  server = await Server.start();
});
test.afterAll(() => server.remove());

test('the owner makes a recipe private, invites one person as a viewer, and removes that person', async ({ page, browser, consoleWatch }) => {
  const elsewhere = await browser.newContext();
  watchConsole(elsewhere, consoleWatch.problems);
  const recipe = newRecipe();
  const ada = await ChatPage.openAsGuest(page, server.url, recipe);
  await page.getByRole('button', { name: 'Share', exact: true }).click();
  await page.getByLabel('Nobody: only the people above').click();
  await expect(page.getByText('Saved.')).toBeVisible();

  const bob = new ChatPage(await elsewhere.newPage());
  await bob.page.goto(`${server.url}/r/${recipe}`);
  await bob.page.getByRole('button', { name: 'Continue as guest' }).click();
  await expect(bob.page.getByRole('heading', { name: 'No recipe here' })).toBeVisible();

  await page.getByRole('textbox', { name: 'Invite by username' }).fill(await bob.userName());
  await page.getByLabel('Role', { exact: true }).selectOption('viewer');
  await page.getByRole('button', { name: 'Invite' }).click();
  await expect(page.getByText('can view now.')).toBeVisible();
  await bob.page.getByRole('button', { name: 'Try again' }).click();
  await expect(bob.status).toHaveText('Connected');
  await expect(bob.page.getByText('You can view this recipe.')).toBeVisible();
  await expect(bob.field).toHaveCount(0);
  await page.getByLabel(/^Role of guest/).selectOption('editor');
  await expect(bob.field).toBeEnabled();
  await page.getByLabel(/^Role of guest/).selectOption('viewer');
  await expect(bob.field).toHaveCount(0);

  await page.getByRole('button', { name: /^Remove guest/ }).click();
  await expect(page.getByText('no longer has access.')).toBeVisible();
  await expect(bob.page.getByRole('heading', { name: 'You no longer have access' })).toBeVisible();
  await expect(bob.page.locator('.recipe-card')).toHaveCount(0);
  await page.getByRole('button', { name: 'Close' }).click();
  await expect(ada.field).toBeEnabled();
  await elsewhere.close();
});

test('a recipe is imported from Cooklang, and everybody sees it at once', async ({ page, browser }) => {
  const elsewhere = await browser.newContext();
  const recipe = newRecipe();
  await ChatPage.openAsGuest(page, server.url, recipe);
  const bob = await ChatPage.openAsGuest(await elsewhere.newPage(), server.url, recipe);
  await page.locator('summary').click();
  await page.getByRole('button', { name: 'Import…' }).click();
  await page.getByLabel('Paste it here').fill('Whisk @flour{200%g} and @milk{300%ml}.\n\nFry in a #pan{}.');
  // A server that can shows first what it becomes.
  const submit = page.getByRole('button', { name: /^(Preview|Import)$/ });
  await expect(submit).toBeEnabled();
  const isShownFirst = (await submit.textContent()) === 'Preview';
  await submit.click();
  if (isShownFirst) await page.getByRole('button', { name: 'Replace this recipe' }).click();
  for (const one of [page, bob.page]) {
    await expect(one.locator('.recipe-row')).toHaveText([/200 g flour/, /300 ml milk/, /Whisk/, /Fry/]);
  }
  await elsewhere.close();
});
