// Who may come in: a recipe is closed, opened to one person, and closed to that person again; and one is brought in.
import { Cook, expect, listen, newRecipe, test } from './cook';
import { Server } from './server';

let server: Server;
test.beforeAll(async () => {
  server = await Server.start();
});
test.afterAll(() => server.remove());

test('the owner closes a recipe, invites one person as a reader, and sends that person away', async ({ page, browser, ears }) => {
  const elsewhere = await browser.newContext();
  listen(elsewhere, ears.complaints);
  const recipe = newRecipe();
  const ada = await Cook.atTable(page, server.url, recipe);
  await page.getByRole('button', { name: 'People', exact: true }).click();
  await page.getByLabel('invited people only').click();
  await expect(page.getByText('Saved.')).toBeVisible();

  const bob = new Cook(await elsewhere.newPage());
  await bob.page.goto(`${server.url}/r/${recipe}`);
  await bob.page.getByRole('button', { name: 'Continue as guest' }).click();
  const closed = bob.page.getByRole('heading', { name: 'This recipe is private' });
  await expect(closed).toBeVisible();

  await page.getByRole('textbox', { name: 'Name' }).fill(await bob.name());
  await page.getByLabel('May', { exact: true }).selectOption('viewer');
  await page.getByRole('button', { name: 'Invite' }).click();
  await expect(page.getByText('may come in now.')).toBeVisible();
  await bob.page.reload();
  await bob.isLive();
  await bob.says('add salt');
  await expect(bob.page.locator('.message.failed')).toContainText('Not sent');

  await page.getByRole('button', { name: /^Remove guest/ }).click();
  await expect(page.getByText('may not come in any more.')).toBeVisible();
  await expect(closed).toBeVisible();
  await page.getByRole('button', { name: 'Close' }).click();
  await expect(ada.field).toBeEnabled();
  await elsewhere.close();
});

test('a recipe is brought in as Cooklang, for everybody at once', async ({ page, browser }) => {
  const elsewhere = await browser.newContext();
  const recipe = newRecipe();
  await Cook.atTable(page, server.url, recipe);
  const bob = await Cook.atTable(await elsewhere.newPage(), server.url, recipe);
  await page.locator('summary').click();
  await page.getByRole('button', { name: 'Bring in a recipe…' }).click();
  await page.getByLabel('Or paste it').fill('Whisk @flour{200%g} and @milk{300%ml}.\n\nFry in a #pan{}.');
  await page.getByRole('button', { name: 'Bring it in' }).click();
  for (const one of [page, bob.page]) {
    await expect(one.locator('.recipe-row')).toHaveText([/200 g flour/, /300 ml milk/, /Whisk/, /Fry/]);
  }
  await elsewhere.close();
});
