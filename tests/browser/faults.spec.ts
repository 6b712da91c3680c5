// The network and the server fail; every message is stored once, shown once, in order.
import { ChatPage, expect, newRecipe, test } from './chat-page';
import { FaultyProxy } from './faulty-proxy';
import { bestOfThree, loadFactor } from './machine';
import { type Server, ServicesApart } from './server';

let server: Server;
let proxy: FaultyProxy;
test.beforeEach(async ({ consoleWatch, startServer }) => {
  consoleWatch.expectNetworkErrors();
  server = await startServer();
  proxy = await FaultyProxy.start(server.port);
});
test.afterEach(() => proxy.close());

/** A second person, whose network works, and who sees what the server has stored. */
async function openOther(chat: ChatPage, recipe: string): Promise<ChatPage> {
  const context = await chat.page.context().browser()?.newContext();
  if (!context) throw new Error('no browser');
  return ChatPage.openAsGuest(await context.newPage(), server.url, recipe);
}

async function openBoth(page: ChatPage['page']) {
  const recipe = newRecipe();
  const chat = await ChatPage.openAsGuest(page, proxy.url, recipe);
  return { chat, other: await openOther(chat, recipe) };
}

test('the connection is lost after the server stored a message and before the answer', async ({ page }) => {
  const { chat, other } = await openBoth(page);
  proxy.drop('to-browser');
  await chat.send('stored but not answered');
  await other.expectMessages('stored but not answered');
  proxy.cut();
  await chat.send('while away');
  proxy.heal();
  for (const one of [chat, other]) await one.expectMessages('stored but not answered', 'while away');
});

test('the connection is lost in the middle of a frame', async ({ page }) => {
  const { chat, other } = await openBoth(page);
  await chat.send('before');
  await chat.expectMessages('before');
  proxy.cutAfter(40);
  await chat.send('cut in two');
  await expect(chat.page.locator('.pending')).toHaveCount(1);
  proxy.heal();
  for (const one of [chat, other]) await one.expectMessages('before', 'cut in two');
});

test('the connection freezes for a minute', async ({ page }) => {
  await page.clock.install();
  const { chat, other } = await openBoth(page);
  proxy.freeze();
  await chat.send('while frozen');
  await page.clock.fastForward(26_000);
  await page.clock.fastForward(11_000);
  await expect(chat.status).toContainText('Reconnecting...');
  await page.clock.fastForward(23_000);
  proxy.heal();
  await page.clock.fastForward(10_000);
  for (const one of [chat, other]) await one.expectMessages('while frozen');
});

test('the edge restarts', async ({ page }) => {
  const { chat, other } = await openBoth(page);
  await server.stop();
  for (const text of ['one', 'two', 'three']) await chat.send(text);
  await server.start();
  for (const one of [chat, other]) await one.expectMessages('one', 'two', 'three');
});

test('the whole server is killed and restarted', async ({ page }) => {
  const { chat, other } = await openBoth(page);
  await chat.send('before');
  await chat.expectMessages('before');
  await server.kill();
  await chat.send('during');
  await server.start();
  for (const one of [chat, other]) await one.expectMessages('before', 'during');
});

test('the chat service alone is killed and restarted', async ({ page, browser }) => {
  const apart = await ServicesApart.start();
  const recipe = newRecipe();
  const chat = await ChatPage.openAsGuest(page, apart.url, recipe);
  const elsewhere = await browser.newContext();
  const other = await ChatPage.openAsGuest(await elsewhere.newPage(), apart.url, recipe);
  await chat.send('before');
  await other.expectMessages('before');
  await apart.killChat();
  for (const text of ['one', 'two']) await chat.send(text);
  await expect(chat.page.locator('.pending')).toHaveCount(2);
  await apart.startChat();
  for (const one of [chat, other]) await one.expectMessages('before', 'one', 'two');
  await elsewhere.close();
  await apart.remove();
});

test('a proxy answers 502 for a while', async ({ page }) => {
  const { chat, other } = await openBoth(page);
  proxy.cut('502');
  await chat.send('held back');
  await expect(chat.status).toContainText('Reconnecting...');
  proxy.heal();
  for (const one of [chat, other]) await one.expectMessages('held back');
});

test('every answer takes three seconds', async ({ page }) => {
  const { chat, other } = await openBoth(page);
  proxy.slow(1_500); // each way
  for (const text of ['slow', 'slower', 'slowest']) await chat.send(text);
  await other.expectMessages('slow', 'slower', 'slowest');
  await chat.expectMessages('slow', 'slower', 'slowest');
  await expect(chat.status).toHaveText('Connected');
});

test('the browser reports that the network is back: connected within a second', async ({ page, context }) => {
  const { chat } = await openBoth(page);
  const limit = 1_000 * loadFactor();
  const sent: string[] = [];
  const time = await bestOfThree(limit, async () => {
    await context.setOffline(true);
    await expect(chat.status).toContainText('Reconnecting...');
    sent.push(`offline ${sent.length}`);
    await chat.send(sent.at(-1) ?? '');
    await context.setOffline(false);
    const start = Date.now();
    await chat.expectConnected();
    return Date.now() - start;
  });
  expect(time).toBeLessThanOrEqual(limit);
  await chat.expectMessages(...sent);
});

test('nothing reports that the network is back: connected within three seconds', async ({ page }) => {
  const { chat } = await openBoth(page);
  const limit = 3_000 * loadFactor();
  const time = await bestOfThree(limit, async () => {
    proxy.cut();
    await expect(chat.status).toContainText('Reconnecting...');
    proxy.heal();
    const start = Date.now();
    await chat.expectConnected(20_000);
    return Date.now() - start;
  });
  expect(time).toBeLessThanOrEqual(limit);
});

test('a reload restores three unsent messages, and sends them once', async ({ page }) => {
  const { chat, other } = await openBoth(page);
  proxy.cut();
  for (const text of ['one', 'two', 'three']) await chat.send(text);
  await expect(chat.page.locator('.pending')).toHaveCount(3);
  await chat.field.fill('and a draft');
  proxy.heal();
  await page.reload();
  for (const one of [chat, other]) await one.expectMessages('one', 'two', 'three');
  await expect(chat.field).toHaveValue('and a draft');
});
