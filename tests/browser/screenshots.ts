// Screenshots of the web app for the README and for review: `npm run screenshots`, into the folder SCREENSHOTS.
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { ChatPage, expect, test } from './chat-page';

const FOLDER = process.env.SCREENSHOTS ?? join(import.meta.dirname, 'test-results/screenshots');
const SIZES = {
  desktop: { width: 1280, height: 800 },
  mobile: { width: 390, height: 844 },
  wide: { width: 1920, height: 1080 },
  narrow: { width: 320, height: 640 },
  landscape: { width: 844, height: 390 },
  tablet: { width: 820, height: 1180 },
};
type Size = keyof typeof SIZES;
const MESSAGES = [
  'add 1 1/2 cups flour',
  'add 300 ml milk',
  'add 2 eggs',
  'add 1 tbsp sugar, 1 pinch of salt and 2 tbsp butter',
  'add step: Whisk the flour, the milk, the eggs, the sugar and the salt until smooth.',
  'add step: Let the batter rest for 20 minutes.',
  'add step: Fry ladlefuls in the butter for 2 minutes a side, until golden.',
  'Shall we make it for more people?',
];

const RECIPES = {
  'Apple crumble': ['add 6 apples, 150 g flour, 100 g butter and 80 g sugar', 'tag it baking', 'for 6 people'],
  'Weeknight miso noodles with spring onions': ['add 200 g udon, 2 tbsp white miso and 3 spring onions', 'tag it weeknight'],
  'Sunday pancakes': [],
};

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
  for (const [name, words] of Object.entries(RECIPES)) {
    await page.getByLabel('Name of the dish').fill(name);
    await page.getByRole('button', { name: 'New recipe' }).click();
    await ada.expectConnected();
    for (const [at, text] of words.entries()) {
      await ada.send(text);
      await expect(page.locator('.effect')).toHaveCount(at + 1);
    }
    await page.getByRole('link', { name: 'Your recipes' }).click();
  }
  await expect(page.getByRole('link', { name: 'Apple crumble' })).toBeVisible();
  await takeScreenshots(page, 'home', 'desktop', 'mobile', 'wide', 'narrow');
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
  await takeScreenshots(page, 'live', 'desktop', 'mobile', 'wide', 'narrow', 'landscape', 'tablet');
  await ada.send('we need 100 g blueberries');
  await expect(page.locator('.suggestions')).toBeVisible();
  await takeScreenshots(page, 'hint', 'desktop');
  await page.getByRole('button', { name: 'Share' }).click();
  await expect(page.getByRole('dialog')).toContainText('ada');
  await page.getByRole('combobox', { name: 'Anyone with the link' }).selectOption('viewer');
  await page.getByRole('button', { name: 'Create link' }).click();
  await expect(page.getByRole('img', { name: 'QR code of the link' })).toBeVisible();
  const link = await page.getByRole('textbox', { name: 'The link' }).inputValue();
  await takeScreenshots(page, 'share');
  await page.keyboard.press('Escape');
  await page.locator('header summary').click();
  await page.getByRole('button', { name: 'History…' }).click();
  await page.getByRole('button', { name: /Added 2 eggs/ }).click();
  await takeScreenshots(page, 'history');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Start a timer: 2 minutes' }).click();
  await page.getByRole('button', { name: 'Cook', exact: true }).click();
  for (let step = 1; step < 3; step += 1) await page.getByRole('button', { name: 'Next' }).click();
  await takeScreenshots(page, 'cook', 'desktop', 'mobile', 'tablet', 'landscape');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /^Stop/ }).click();
  await page.setViewportSize(SIZES.mobile);
  await page.locator('.sheet-handle').click();
  await takeScreenshots(page, 'conversation', 'mobile', 'narrow');
  await page.setViewportSize(SIZES.mobile);
  await page.locator('.sheet-handle').click();
  await page.setViewportSize(SIZES.desktop);
  await bob.send('for 6 people');
  await expect(ada.messages).toHaveCount(MESSAGES.length + 2);
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
  const stranger = await browser.newContext();
  const invited = await stranger.newPage();
  await invited.goto(link);
  await expect(invited.getByText('Sunday pancakes').first()).toBeVisible();
  await takeScreenshots(invited, 'invitation');
  await invited.getByRole('button', { name: 'Continue as guest' }).click();
  await expect(invited.getByText('You can view this recipe')).toBeVisible();
  await takeScreenshots(invited, 'viewer');
  await invited.goto(`${server.url}/account`);
  await expect(invited.getByRole('heading', { name: 'Keep my recipes' })).toBeVisible();
  await takeScreenshots(invited, 'account');
  await stranger.close();
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

/** One state of the page in both themes and some sizes. */
async function takeScreenshots(page: Page, state: string, ...sizes: Size[]): Promise<void> {
  for (const size of sizes.length > 0 ? sizes : (['desktop', 'mobile'] as const)) {
    await page.setViewportSize(SIZES[size]);
    for (const theme of ['light', 'dark']) {
      await page.evaluate(name => {
        document.documentElement.dataset['theme'] = name;
      }, theme);
      await page.waitForTimeout(250);
      await page.screenshot({ path: join(FOLDER, `${state}-${size}-${theme}.png`) });
    }
  }
  await page.setViewportSize(SIZES.desktop);
}
