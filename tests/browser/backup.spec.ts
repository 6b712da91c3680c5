// The server is restored from a backup, as in docs/operations.md, while pages know more: the server's answer decides.
import { ChatPage, expect, figures, newRecipe, test } from './chat-page';

test('a page that stays open over a restored backup shows what the server has, and what is sent afterwards', async ({ page, consoleWatch, browser, startServer }) => {
  consoleWatch.expectNetworkErrors();
  const server = await startServer();
  const recipe = newRecipe();
  const chat = await ChatPage.openAsGuest(page, server.url, recipe);
  await chat.send('add 2 cups flour');
  await chat.expectMessages('add 2 cups flour');
  const backup = await server.backUp();
  await chat.expectConnected();
  for (const text of ['add 1 egg', 'add salt', 'add milk']) await chat.send(text);
  await chat.expectMessages('add 2 cups flour', 'add 1 egg', 'add salt', 'add milk');
  await server.restore(backup);
  const restored = Date.now();
  await chat.expectMessages('add 2 cups flour');
  await expect(page.locator('.recipe-row:not(.removed)')).toHaveText([/flour/]);
  figures('backup restored under an open page', { shown_after_ms: Date.now() - restored });
  await chat.send('add sugar');
  const other = await ChatPage.openAsGuest(await (await browser.newContext()).newPage(), server.url, recipe);
  await other.send('add butter');
  for (const one of [chat, other]) {
    await one.expectMessages('add 2 cups flour', 'add sugar', 'add butter');
    await expect(one.page.locator('.recipe-row:not(.removed)')).toHaveText([/flour/, /sugar/, /butter/]);
  }
});

test('a page that connects after others went on from the backup drops what is gone, and sends what is unsent', async ({ page, context, consoleWatch, browser, startServer }) => {
  consoleWatch.expectNetworkErrors();
  const server = await startServer();
  const recipe = newRecipe();
  const chat = await ChatPage.openAsGuest(page, server.url, recipe);
  const other = await ChatPage.openAsGuest(await (await browser.newContext()).newPage(), server.url, recipe);
  await chat.send('one');
  await other.expectMessages('one');
  const backup = await server.backUp();
  await chat.expectConnected();
  for (const text of ['two', 'three']) await chat.send(text);
  await chat.expectMessages('one', 'two', 'three');
  await context.setOffline(true);
  await chat.send('kept');
  await server.restore(backup);
  await other.expectConnected();
  for (const text of ['TWO', 'THREE', 'FOUR']) await other.send(text);
  await other.expectMessages('one', 'TWO', 'THREE', 'FOUR');
  await context.setOffline(false);
  for (const one of [chat, other]) await one.expectMessages('one', 'TWO', 'THREE', 'FOUR', 'kept');
});
