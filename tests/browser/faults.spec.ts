// The network and the server misbehave; every message is stored once, shown once, in order.
import { Cook, expect, newRecipe, test } from './cook';
import { FaultyProxy } from './faulty-proxy';
import { bestOfThree, crowd } from './machine';
import { type Server, ServicesApart } from './server';

let server: Server;
let proxy: FaultyProxy;
test.beforeEach(async ({ ears, startServer }) => {
  ears.expectNetworkNoise();
  server = await startServer();
  proxy = await FaultyProxy.before(server.port);
});
test.afterEach(() => proxy.close());

/** A second person, whose network is fine, and who sees what the server has stored. */
async function witness(cook: Cook, recipe: string): Promise<Cook> {
  const context = await cook.page.context().browser()?.newContext();
  if (!context) throw new Error('no browser');
  return Cook.atTable(await context.newPage(), server.url, recipe);
}

async function table(page: Cook['page']) {
  const recipe = newRecipe();
  const cook = await Cook.atTable(page, proxy.url, recipe);
  return { cook, other: await witness(cook, recipe) };
}

test('the link dies after the server stored a message and before the answer', async ({ page }) => {
  const { cook, other } = await table(page);
  proxy.swallow('to-browser');
  await cook.says('stored but not answered');
  await other.sees('stored but not answered');
  proxy.cut();
  await cook.says('while away');
  proxy.heal();
  for (const one of [cook, other]) await one.sees('stored but not answered', 'while away');
});

test('the link dies in the middle of a frame', async ({ page }) => {
  const { cook, other } = await table(page);
  await cook.says('before');
  await cook.sees('before');
  proxy.cutAfter(40);
  await cook.says('cut in two');
  await expect(cook.page.locator('.pending')).toHaveCount(1);
  proxy.heal();
  for (const one of [cook, other]) await one.sees('before', 'cut in two');
});

test('the link freezes for a minute', async ({ page }) => {
  await page.clock.install();
  const { cook, other } = await table(page);
  proxy.freeze();
  await cook.says('into the ice');
  await page.clock.fastForward(26_000);
  await page.clock.fastForward(11_000);
  await expect(cook.pill).toContainText('Reconnecting...');
  await page.clock.fastForward(23_000);
  proxy.heal();
  await page.clock.fastForward(10_000);
  for (const one of [cook, other]) await one.sees('into the ice');
});

test('the edge restarts', async ({ page }) => {
  const { cook, other } = await table(page);
  await server.stop();
  for (const text of ['one', 'two', 'three']) await cook.says(text);
  await server.start();
  for (const one of [cook, other]) await one.sees('one', 'two', 'three');
});

test('the whole server is killed and comes back', async ({ page }) => {
  const { cook, other } = await table(page);
  await cook.says('before');
  await cook.sees('before');
  await server.kill();
  await cook.says('during');
  await server.start();
  for (const one of [cook, other]) await one.sees('before', 'during');
});

test('the chat service alone is killed and comes back', async ({ page, browser }) => {
  const apart = await ServicesApart.start();
  const recipe = newRecipe();
  const cook = await Cook.atTable(page, apart.url, recipe);
  const elsewhere = await browser.newContext();
  const other = await Cook.atTable(await elsewhere.newPage(), apart.url, recipe);
  await cook.says('before');
  await other.sees('before');
  await apart.killChat();
  for (const text of ['one', 'two']) await cook.says(text);
  await expect(cook.page.locator('.pending')).toHaveCount(2);
  await apart.startChat();
  for (const one of [cook, other]) await one.sees('before', 'one', 'two');
  await elsewhere.close();
  await apart.remove();
});

test('a proxy answers 502 for a while', async ({ page }) => {
  const { cook, other } = await table(page);
  proxy.cut('502');
  await cook.says('held back');
  await expect(cook.pill).toContainText('Reconnecting...');
  proxy.heal();
  for (const one of [cook, other]) await one.sees('held back');
});

test('every answer takes three seconds', async ({ page }) => {
  const { cook, other } = await table(page);
  proxy.slow(1_500); // each way
  for (const text of ['slow', 'slower', 'slowest']) await cook.says(text);
  await other.sees('slow', 'slower', 'slowest');
  await cook.sees('slow', 'slower', 'slowest');
  await expect(cook.pill).toHaveText('Connected');
});

test('the browser says when the network is back: live within a second', async ({ page, context }) => {
  const { cook } = await table(page);
  const limit = 1_000 * crowd();
  const said: string[] = [];
  const time = await bestOfThree(limit, async () => {
    await context.setOffline(true);
    await expect(cook.pill).toContainText('Reconnecting...');
    said.push(`offline ${said.length}`);
    await cook.says(said.at(-1) ?? '');
    await context.setOffline(false);
    const start = Date.now();
    await cook.isLive();
    return Date.now() - start;
  });
  expect(time).toBeLessThanOrEqual(limit);
  await cook.sees(...said);
});

test('nobody says when the network is back: live within three seconds', async ({ page }) => {
  const { cook } = await table(page);
  const limit = 3_000 * crowd();
  const time = await bestOfThree(limit, async () => {
    proxy.cut();
    await expect(cook.pill).toContainText('Reconnecting...');
    proxy.heal();
    const start = Date.now();
    await cook.isLive(20_000);
    return Date.now() - start;
  });
  expect(time).toBeLessThanOrEqual(limit);
});

test('a reload brings back three unsent messages, and sends them once', async ({ page }) => {
  const { cook, other } = await table(page);
  proxy.cut();
  for (const text of ['one', 'two', 'three']) await cook.says(text);
  await expect(cook.page.locator('.pending')).toHaveCount(3);
  await cook.field.fill('and a draft');
  proxy.heal();
  await page.reload();
  for (const one of [cook, other]) await one.sees('one', 'two', 'three');
  await expect(cook.field).toHaveValue('and a draft');
});
