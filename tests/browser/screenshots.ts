// Screenshots of the web app for the README and for review: `npm run screenshots`, into the folder SCREENSHOTS.
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { ChatPage, expect, test } from './chat-page';

const FOLDER = process.env.SCREENSHOTS ?? join(import.meta.dirname, 'test-results/screenshots');
const DESKTOP = { width: 1280, height: 800 };
const MOBILE = { width: 390, height: 844 };
const MESSAGES = [
  'add 1 1/2 cups flour',
  'add 300 ml milk',
  'add 2 eggs',
  'add step: Whisk everything until smooth.',
  'add step: Fry in butter for 2 minutes a side, until golden.',
  'Shall we make it for more people?',
];

const PASTED = `Red lentil dal

Serves 4

Ingredients
- 250 g red lentils
- 1 tin coconut milk
- 1 onion, diced
- 3 cloves garlic, sliced
- salt to taste

Method
1. Fry the onion and the garlic for 5 minutes.
2. Add the lentils and the coconut milk, and simmer for 20 minutes.
`;

test.use({ deviceScaleFactor: 1.25 });

test('screenshots', async ({ page, browser, context, consoleWatch, startServer }) => {
  consoleWatch.expectNetworkErrors();
  test.setTimeout(180_000);
  const server = await startServer();
  await page.goto(server.url);
  await page.waitForTimeout(6_500); // the example plays
  await takeScreenshots(page, 'sign-in');
  const ada = await signUp(page, server.url, 'ada');
  await expect(page.getByText('Or start from one of ours')).toBeVisible();
  await takeScreenshots(page, 'home-empty');
  for (const name of ['Apple crumble', 'Sunday pancakes']) {
    await page.getByLabel('Name of the dish').fill(name);
    await page.getByRole('button', { name: 'New recipe' }).click();
    await ada.expectConnected();
    await page.getByRole('link', { name: 'Your recipes' }).click();
  }
  await expect(page.getByRole('link', { name: 'Apple crumble' })).toBeVisible();
  await takeScreenshots(page, 'home');
  await page.getByRole('button', { name: 'Import…' }).click();
  await page.getByLabel('Paste it here').fill(PASTED);
  await page.getByRole('button', { name: 'Preview' }).click();
  await expect(page.getByText('5 ingredients, 2 steps')).toBeVisible();
  await takeScreenshots(page, 'import');
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'Sunday pancakes' }).click();
  await ada.expectConnected();
  await expect(page.getByText('Say what to change, the way')).toBeVisible();
  await takeScreenshots(page, 'empty');
  await openToAll(page);
  const elsewhere = await browser.newContext();
  const bob = await signUp(await elsewhere.newPage(), `${server.url}${new URL(page.url()).pathname}`, 'bob');
  await bob.expectConnected();
  for (const [at, text] of MESSAGES.entries()) {
    await (at % 2 === 0 ? ada : bob).send(text);
    await expect(ada.messages).toHaveCount(at + 1);
  }
  await page.waitForTimeout(8_500);
  await takeScreenshots(page, 'live');
  await page.getByRole('button', { name: 'Share' }).click();
  await expect(page.getByRole('dialog')).toContainText('ada');
  await page.getByRole('button', { name: 'Create link' }).click();
  await expect(page.getByRole('img', { name: 'QR code of the link' })).toBeVisible();
  await takeScreenshots(page, 'share');
  await page.keyboard.press('Escape');
  await page.locator('header summary').click();
  await page.getByRole('button', { name: 'History…' }).click();
  await page.getByRole('button', { name: /Added 2 eggs/ }).click();
  await takeScreenshots(page, 'history');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Start a timer: 2 minutes' }).click();
  await page.getByRole('button', { name: 'Cook', exact: true }).click();
  await page.getByRole('button', { name: 'Next' }).click();
  await takeScreenshots(page, 'cook');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /^Stop/ }).click();
  await page.setViewportSize(MOBILE);
  await page.locator('.sheet-handle').click();
  await takeScreenshots(page, 'conversation');
  await page.setViewportSize(DESKTOP);
  await bob.send('for 6 people');
  await expect(ada.messages).toHaveCount(MESSAGES.length + 1);
  await takeScreenshots(page, 'diff');
  await context.setOffline(true);
  await ada.send('add a pinch of salt');
  await expect(page.getByText('Retry now')).toBeVisible({ timeout: 8_000 });
  await takeScreenshots(page, 'reconnecting');
  await context.setOffline(false);
  await ada.expectConnected();
  await page.evaluate(async () => {
    const token = localStorage.getItem('access_token');
    await fetch('/v1/auth/logout', { method: 'POST', headers: { authorization: `Bearer ${token}` } });
  });
  await expect(page.getByRole('heading', { name: 'You are signed out' })).toBeVisible();
  await takeScreenshots(page, 'signed-out');
  await elsewhere.close();
});

async function signUp(page: Page, url: string, name: string): Promise<ChatPage> {
  await page.goto(url);
  await page.getByRole('button', { name: 'New here?' }).click();
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill('correct horse');
  await page.getByRole('button', { name: 'Create an account' }).click();
  return new ChatPage(page);
}

/** Lets everybody come in who has the address of the recipe that the page shows. */
async function openToAll(page: Page): Promise<void> {
  const { origin, pathname } = new URL(page.url());
  const token = await page.evaluate(() => localStorage.getItem('access_token'));
  const answer = await page.request.put(`${origin}/v1/recipes/${pathname.split('/').at(-1)}/visibility`, {
    headers: { authorization: `Bearer ${token}` },
    data: { visibility: 'open' },
  });
  expect(answer.status()).toBe(204);
}

/** One state of the page in both themes, wide and narrow. */
async function takeScreenshots(page: Page, state: string): Promise<void> {
  for (const [size, viewport] of Object.entries({ desktop: DESKTOP, mobile: MOBILE })) {
    await page.setViewportSize(viewport);
    for (const theme of ['light', 'dark']) {
      await page.evaluate(name => {
        document.documentElement.dataset['theme'] = name;
      }, theme);
      await page.waitForTimeout(250);
      await page.screenshot({ path: join(FOLDER, `${state}-${size}-${theme}.png`) });
    }
  }
  await page.setViewportSize(DESKTOP);
}
