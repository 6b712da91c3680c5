// Screenshots of the web app for the README and for review: `npm run screenshots`, into the folder SCREENSHOTS.
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from '@playwright/test';
import { type ChatPage, expect, signUp, test } from './chat-page';

const FOLDER = process.env.SCREENSHOTS ?? join(import.meta.dirname, 'test-results/screenshots');
const SIZES = {
  narrow: { width: 320, height: 640 },
  mobile: { width: 390, height: 844 },
  tablet: { width: 768, height: 1024 },
  desktop: { width: 1280, height: 800 },
  wide: { width: 1920, height: 1080 },
  landscape: { width: 844, height: 390 },
  paper: { width: 794, height: 1123 },
};
type Size = keyof typeof SIZES;
const WIDTHS: readonly Size[] = ['desktop', 'mobile', 'wide', 'narrow', 'tablet'];

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
  'Green shakshuka': ['add 4 eggs, 200 g spinach, 1 leek and 100 g feta', 'tag it breakfast'],
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

test.use({ deviceScaleFactor: 1.25, serviceWorkers: 'allow' });

test('screenshots', async ({ page, browser, context, consoleWatch, startServer }) => {
  consoleWatch.expectNetworkErrors();
  test.setTimeout(900_000);
  const server = await startServer();
  await takeLanding(page, server.url);
  const ada = await signUp(page, server.url, 'ada');
  await takeHome(ada);
  await openToAll(page);
  const elsewhere = await browser.newContext();
  const bob = await signUp(await elsewhere.newPage(), `${server.url}${new URL(page.url()).pathname}`, 'bob');
  await takeRecipe(ada, bob);
  const link = await takeDialogs(ada);
  await takeCooking(ada);
  await takePaper(ada);
  await takeGuest(browser, link);
  await takeAccount(ada);
  await takeTroubles(ada, context, server.url);
  await elsewhere.close();
});

async function takeLanding(page: Page, url: string): Promise<void> {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.goto(url);
  await expect(page.locator('.demo')).toContainText('who brings the jam');
  await takeScreenshots(page, 'landing');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'New here?' }).click();
  await page.getByLabel('Username').fill('ada');
  await page.getByLabel('Password', { exact: true }).fill('password');
  await page.getByRole('button', { name: 'Create an account' }).click();
  await expect(page.getByRole('alert')).not.toBeEmpty();
  await page.getByRole('alert').scrollIntoViewIfNeeded();
  await takeScreenshots(page, 'sign-up');
  await page.emulateMedia({ reducedMotion: null });
}

async function takeHome(ada: ChatPage): Promise<void> {
  const { page } = ada;
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
}

async function takeRecipe(ada: ChatPage, bob: ChatPage): Promise<void> {
  const { page } = ada;
  await bob.expectConnected();
  for (const [at, text] of MESSAGES.entries()) {
    await (at % 2 === 0 ? ada : bob).send(text);
    await expect(ada.messages).toHaveCount(at + 1);
  }
  await page.waitForTimeout(8_500); // until no change is marked any more
  await takeScreenshots(page, 'live', ...WIDTHS, 'landscape');
  await ada.send('we need 100 g blueberries');
  await expect(page.locator('.suggestions')).toBeVisible();
  await takeScreenshots(page, 'hint', 'desktop', 'wide');
  await page.setViewportSize(SIZES.mobile);
  await page.locator('.sheet-handle').click();
  await takeScreenshots(page, 'conversation', 'mobile', 'narrow', 'tablet');
  await page.setViewportSize(SIZES.mobile);
  await page.locator('.sheet-handle').click();
  await page.setViewportSize(SIZES.desktop);
  await bob.send('for 6 people');
  await expect(ada.messages).toHaveCount(MESSAGES.length + 2);
  await takeScreenshots(page, 'diff', 'desktop', 'mobile', 'wide', 'narrow');
}

/** Returns the address of a link. */
async function takeDialogs({ page }: ChatPage): Promise<string> {
  await page.getByRole('button', { name: 'Share' }).click();
  await expect(page.getByRole('dialog')).toContainText('ada');
  await page.getByRole('combobox', { name: 'Anyone with the link' }).selectOption('viewer');
  await page.getByRole('button', { name: 'Create link' }).click();
  await expect(page.getByRole('img', { name: 'QR code of the link' })).toBeVisible();
  const link = await page.getByRole('textbox', { name: 'The link' }).inputValue();
  await takeScreenshots(page, 'share');
  await page.keyboard.press('Escape');
  await page.locator('header summary').click();
  await takeScreenshots(page, 'menu');
  await page.getByRole('button', { name: 'History…' }).click();
  await page.getByRole('button', { name: /Added 2 eggs/ }).click();
  await takeScreenshots(page, 'history');
  await page.keyboard.press('Escape');
  return link;
}

async function takeCooking({ page }: ChatPage): Promise<void> {
  await page.getByRole('button', { name: 'Start a timer: 2 minutes' }).click();
  await page.getByRole('button', { name: 'Cook', exact: true }).click();
  for (const step of [2, 3]) await page.getByRole('button', { name: `Step ${step}`, exact: true }).click();
  await takeScreenshots(page, 'cook', ...WIDTHS, 'landscape');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /^Stop/ }).click();
}

/** What the printer gets, and the page for everybody. */
async function takePaper({ page }: ChatPage): Promise<void> {
  await page.emulateMedia({ media: 'print' });
  await takeScreenshots(page, 'print', 'paper');
  await page.emulateMedia({ media: null });
  const token = await page.evaluate(() => localStorage.getItem('access_token'));
  const { origin, pathname } = new URL(page.url());
  const recipe = pathname.split('/').at(-1);
  await page.request.put(`${origin}/v1/recipes/${recipe}/visibility`, {
    headers: { authorization: `Bearer ${token}` },
    data: { visibility: 'public' },
  });
  await page.goto(`${origin}/p/${recipe}`);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const size of WIDTHS) {
      await page.setViewportSize(SIZES[size]);
      await page.screenshot({ path: join(FOLDER, `public-${size}-${colorScheme}.png`) });
    }
  }
  await page.emulateMedia({ colorScheme: null });
  await page.goBack();
}

async function takeGuest(browser: Browser, link: string): Promise<void> {
  const stranger = await browser.newContext();
  const page = await stranger.newPage();
  await page.goto(link);
  await expect(page.getByText('Sunday pancakes').first()).toBeVisible();
  await takeScreenshots(page, 'invitation');
  await page.getByRole('button', { name: 'Continue as guest' }).click();
  await expect(page.getByText('You can view this recipe')).toBeVisible();
  await takeScreenshots(page, 'viewer');
  await page.goto(`${new URL(link).origin}/account`);
  await expect(page.getByRole('heading', { name: 'Keep my recipes' })).toBeVisible();
  await takeScreenshots(page, 'account-guest');
  await page.locator('summary').click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await takeScreenshots(page, 'sign-out', 'desktop', 'mobile', 'narrow');
  await stranger.close();
}

async function takeAccount(ada: ChatPage): Promise<void> {
  const { page } = ada;
  const recipe = page.url();
  await page.goto(`${new URL(recipe).origin}/account`);
  await expect(page.getByRole('heading', { name: 'Password' })).toBeVisible();
  await takeScreenshots(page, 'account');
  await page.goto(recipe);
  await ada.expectConnected();
}

/** No network, no such page, no such recipe, and no session any more. */
async function takeTroubles(ada: ChatPage, context: BrowserContext, url: string): Promise<void> {
  const { page } = ada;
  await context.setOffline(true);
  await ada.send('add a pinch of salt');
  await expect(page.getByText('Retry now')).toBeVisible({ timeout: 8_000 });
  await takeScreenshots(page, 'reconnecting');
  await page.reload();
  await expect(page.getByText('This is the recipe as you had it')).toBeVisible({ timeout: 30_000 });
  await takeScreenshots(page, 'offline');
  await page.getByRole('link', { name: 'Your recipes' }).click();
  await expect(page.getByText('These recipes are on this device.')).toBeVisible();
  await takeScreenshots(page, 'offline-home');
  await context.setOffline(false);
  const recipe = await page.getByRole('link', { name: 'Sunday pancakes' }).getAttribute('href');
  for (const [state, path] of [['unknown-page', '/about'], ['no-access', '/r/pancaks']] as const) {
    await page.goto(`${url}${path}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await takeScreenshots(page, state);
  }
  await page.goto(`${url}${recipe}`);
  await ada.expectConnected();
  await page.evaluate(async () => {
    const token = localStorage.getItem('access_token');
    await fetch('/v1/auth/logout', { method: 'POST', headers: { authorization: `Bearer ${token}` } });
  });
  await expect(page.getByRole('heading', { name: 'You are signed out' })).toBeVisible();
  await takeScreenshots(page, 'signed-out');
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
  for (const size of sizes.length > 0 ? sizes : WIDTHS) {
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
