// The server comes back from a backup, as docs/operations.md has it, under pages that know more: they believe the server.
import { Cook, expect, newRecipe, test } from './cook';

test('a page that is left open over a restored backup shows what the server knows, and what is said after', async ({ page, ears, browser, startServer }) => {
  ears.expectNetworkNoise();
  const server = await startServer();
  const recipe = newRecipe();
  const cook = await Cook.atTable(page, server.url, recipe);
  await cook.says('add 2 cups flour');
  await cook.sees('add 2 cups flour');
  const backup = await server.backUp();
  await cook.isLive();
  for (const text of ['add 1 egg', 'add salt', 'add milk']) await cook.says(text);
  await cook.sees('add 2 cups flour', 'add 1 egg', 'add salt', 'add milk');
  await server.restore(backup);
  await cook.sees('add 2 cups flour');
  await expect(page.locator('.recipe-row:not(.removed)')).toHaveText([/flour/]);
  await cook.says('add sugar');
  const other = await Cook.atTable(await (await browser.newContext()).newPage(), server.url, recipe);
  await other.says('add butter');
  for (const one of [cook, other]) {
    await one.sees('add 2 cups flour', 'add sugar', 'add butter');
    await expect(one.page.locator('.recipe-row:not(.removed)')).toHaveText([/flour/, /sugar/, /butter/]);
  }
});

test('a page that comes back when others have gone on from the backup forgets what is gone, and sends what it kept', async ({ page, context, ears, browser, startServer }) => {
  ears.expectNetworkNoise();
  const server = await startServer();
  const recipe = newRecipe();
  const cook = await Cook.atTable(page, server.url, recipe);
  const other = await Cook.atTable(await (await browser.newContext()).newPage(), server.url, recipe);
  await cook.says('one');
  await other.sees('one');
  const backup = await server.backUp();
  await cook.isLive();
  for (const text of ['two', 'three']) await cook.says(text);
  await cook.sees('one', 'two', 'three');
  await context.setOffline(true);
  await cook.says('kept');
  await server.restore(backup);
  await other.isLive();
  for (const text of ['TWO', 'THREE', 'FOUR']) await other.says(text);
  await other.sees('one', 'TWO', 'THREE', 'FOUR');
  await context.setOffline(false);
  for (const one of [cook, other]) await one.sees('one', 'TWO', 'THREE', 'FOUR', 'kept');
});
