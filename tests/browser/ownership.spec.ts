// What is mine is mine: strangers with recipes of one name, a guest who gets an account, a member who is removed, and a
// password that somebody else knows.
import type { Browser, Page } from '@playwright/test';
import { ChatPage, expect, newRecipe, PASSWORD, signUp, test, watchConsole } from './chat-page';
import { loadFactor } from './machine';
import { Server } from './server';

/** How long a right that was taken may still show something, in ms. */
const LOST_AFTER = 1_000;

let server: Server;
test.beforeAll(async () => {
  server = await Server.start();
});
test.afterAll(() => server.remove());

test('two strangers who both make "Pancakes" have a recipe of their own each', async ({ page, browser, consoleWatch }) => {
  const [ada, leo] = [new ChatPage(page), await elsewhere(browser, consoleWatch.problems)];
  for (const [chat, words] of [[ada, 'add 2 eggs'], [leo, 'add 300 ml oat milk']] as const) {
    await chat.page.goto(server.url);
    await chat.page.getByRole('button', { name: 'Continue as guest' }).click();
    await makeRecipe(chat, 'Pancakes');
    await expect(chat.page.getByText('No ingredients yet.')).toBeVisible();
    await chat.send(words);
  }
  await expect(ada.page.locator('.ingredients .recipe-row')).toHaveText([/eggs/]);
  await expect(leo.page.locator('.ingredients .recipe-row')).toHaveText([/oat milk/]);
  expect(new URL(leo.page.url()).pathname).not.toBe(new URL(ada.page.url()).pathname);

  await leo.page.goto(ada.page.url());
  await expect(leo.page.getByRole('heading', { name: 'No recipe here' })).toBeVisible();
  for (const chat of [ada, leo]) {
    await chat.page.goto(server.url);
    await expect(chat.page.getByRole('link', { name: 'Pancakes' })).toHaveCount(1);
  }
  await leo.page.context().close();
});

test('a guest who gets an account loses nothing', async ({ page, browser, consoleWatch }) => {
  const guest = new ChatPage(page);
  await page.goto(server.url);
  await page.getByRole('button', { name: 'Continue as guest' }).click();
  await makeRecipe(guest, 'Borscht');
  await guest.send('add 3 beetroots');
  await guest.expectMessages('add 3 beetroots');
  await page.getByRole('checkbox', { name: /beetroots/ }).check();
  const [recipe, id] = [page.url(), await userId(page)];

  const name = `ada-${newRecipe()}`;
  await page.locator('header summary').click();
  await page.getByRole('link', { name: 'Keep my recipes' }).click();
  await page.getByLabel('Username').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Create my account' }).click();
  await expect(page.getByRole('heading', { name: 'Password' })).toBeVisible();
  await page.getByRole('link', { name: 'Your recipes' }).click();
  await page.getByRole('link', { name: 'Borscht' }).click();
  await guest.expectConnected();
  await expect(page.getByRole('checkbox', { name: /beetroots/ })).toBeChecked();
  await expectAllOfIt(guest);

  const phone = await elsewhere(browser, consoleWatch.problems);
  await phone.page.goto(recipe);
  await signIn(phone.page, name, PASSWORD);
  await phone.expectConnected();
  expect(await userId(phone.page)).toBe(id);
  await expectAllOfIt(phone);
  await phone.page.context().close();
});

test('the open tab of a member who is removed shows nothing more after a second', async ({ page, browser, consoleWatch }) => {
  const recipe = newRecipe();
  const ada = await ChatPage.openAsGuest(page, server.url, recipe);
  await ada.send('add 1 secret herb');
  const bob = await elsewhere(browser, consoleWatch.problems);
  const frames: string[] = [];
  bob.page.on('websocket', socket => socket.on('framereceived', ({ payload }) => frames.push(String(payload))));
  await bob.page.goto(`${server.url}/r/${recipe}`);
  await bob.page.getByRole('button', { name: 'Continue as guest' }).click();
  await bob.expectConnected();
  await page.getByRole('button', { name: 'Share', exact: true }).click();
  await page.getByRole('textbox', { name: 'Invite by username' }).fill(await bob.userName());
  await page.getByRole('button', { name: 'Invite' }).click();
  await page.getByLabel('Nobody: only the people above').click();
  await expect(page.getByText('Saved.')).toBeVisible();
  await expect(bob.page.locator('.recipe-row')).toHaveText(/secret/);

  const gone = timeOf(bob.page, 'secret');
  const answer = page.waitForResponse(response => response.request().method() === 'DELETE');
  await page.getByRole('button', { name: /^Remove guest/ }).click();
  expect((await answer).ok()).toBe(true);
  const removed = Date.now();
  expect((await gone) - removed, 'ms until nothing was shown').toBeLessThanOrEqual(LOST_AFTER * loadFactor());
  await expect(bob.page.getByRole('heading', { name: 'You no longer have access' })).toBeVisible();
  frames.length = 0;
  await page.getByRole('button', { name: 'Close' }).click();
  await ada.send('add 1 g saffron');
  await expect(page.locator('.ingredients')).toContainText('saffron');
  await bob.page.reload();
  await expect(bob.page.getByRole('heading', { name: 'No recipe here' })).toBeVisible();
  expect(frames.join()).not.toMatch(/saffron|secret/);
  const kept = await bob.page.evaluate(() => JSON.stringify(localStorage));
  expect(kept).not.toMatch(/saffron|secret/);
  await bob.page.context().close();
});

test('a changed password closes the tab of the thief, and no other', async ({ page, browser, context, consoleWatch }) => {
  consoleWatch.expectNetworkErrors(); // Chromium prints the 401 of the thief's calls
  const name = `ada-${newRecipe()}`;
  const ada = await signUp(page, server.url, name);
  await makeRecipe(ada, 'Family soup');
  await ada.send('add 1 secret herb');
  await ada.expectMessages('add 1 secret herb');
  const thief = await elsewhere(browser, []);
  await thief.page.goto(page.url());
  await signIn(thief.page, name, PASSWORD);
  await thief.expectConnected();

  const settings = await context.newPage();
  await settings.goto(`${server.url}/account`);
  await settings.getByLabel('Current password').fill(PASSWORD);
  await settings.getByLabel('New password').fill(`${PASSWORD} battery`);
  const closed = timeOf(thief.page, 'Connected', '.connection-status');
  const answer = settings.waitForResponse('**/v1/account/password');
  await settings.getByRole('button', { name: 'Change password' }).click();
  expect((await answer).ok()).toBe(true);
  const changed = Date.now();
  expect((await closed) - changed, 'ms until the thief was out').toBeLessThanOrEqual(LOST_AFTER * loadFactor());
  await expect(thief.page.getByRole('heading', { name: 'You are signed out' })).toBeVisible();
  await ada.send('add 1 g saffron');
  await expect(page.locator('.ingredients')).toContainText('saffron');
  await expect(ada.status).toHaveText('Connected');
  await expect(thief.field).toBeDisabled();
  expect(await thief.page.locator('body').textContent()).not.toContain('saffron');
  await thief.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await thief.page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(thief.page.getByText('Invalid username or password')).toBeVisible();
  await thief.page.context().close();
});

/** Another browser. */
async function elsewhere(browser: Browser, problems: string[]): Promise<ChatPage> {
  const context = await browser.newContext();
  watchConsole(context, problems);
  return new ChatPage(await context.newPage());
}

async function makeRecipe(chat: ChatPage, name: string): Promise<void> {
  await chat.page.getByLabel('Name of the dish').fill(name);
  await chat.page.getByRole('button', { name: 'New recipe' }).click();
  await chat.expectConnected();
}

async function signIn(page: Page, name: string, password: string): Promise<void> {
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('Username').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

const userId = (page: Page): Promise<string> => page.evaluate(() => JSON.parse(localStorage.getItem('recipe_chat_user') ?? '{}').id);

/** The recipe, its conversation in the reader's own name, and that it is theirs. */
async function expectAllOfIt(chat: ChatPage): Promise<void> {
  const { page } = chat;
  await expect(page.getByRole('heading', { name: 'Borscht' })).toBeVisible();
  await expect(page.locator('.ingredients .recipe-row')).toHaveText([/beetroots/]);
  await expect(page.locator('.message.own .bubble')).toHaveText(['add 3 beetroots']);
  await page.getByRole('button', { name: 'Share', exact: true }).click();
  await expect(page.getByRole('dialog')).toContainText('Owner');
  await page.getByRole('button', { name: 'Close' }).click();
}

/** When a text is no longer in an element of the page, in ms since the epoch. */
function timeOf(page: Page, text: string, selector = 'body'): Promise<number> {
  return page.evaluate(
    ([words, where]) =>
      new Promise<number>(resolve => {
        const look = () => {
          if (document.querySelector(where)?.textContent?.includes(words)) return;
          observer.disconnect();
          resolve(Date.now());
        };
        const observer = new MutationObserver(look);
        observer.observe(document.body, { childList: true, subtree: true, characterData: true });
        look();
      }),
    [text, selector] as const,
  );
}
