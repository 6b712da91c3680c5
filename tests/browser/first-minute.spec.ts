// The first minute of a new cook: from the first page, on a phone, to a recipe that two phones change together. Each step
// is timed as the person would: from the tap to what they wait for.
import { devices, type Page } from '@playwright/test';
import { ChatPage, expect, test, watchConsole } from './chat-page';
import { loadFactor } from './machine';

const { defaultBrowserType: _, ...PHONE } = devices['Pixel 7'];
/** For the machine's part: reading and typing are the person's. In ms. */
const MINUTE = 60_000;

/** As one copies it from a page. */
const BLOG = `Red lentil dal

My grandmother made this every Thursday, and nobody ever complained.

Serves 4

Ingredients
- 250 g red lentils
- 1 tin coconut milk
- 1 onion, diced
- 3 cloves garlic, sliced
- 2 tsp cumin

Method
1. Fry the onion and the garlic for 5 minutes.
2. Add the lentils, the coconut milk and the cumin, and simmer for 20 minutes.
`;

test.use({ ...PHONE });

test('a new cook on a phone: landing, guest, a recipe from a blog, shared, a second phone, and both see a change', async ({ page, browser, startServer, consoleWatch }) => {
  const server = await startServer();
  const steps: [what: string, took: number][] = [];
  const timed = async (what: string, act: () => Promise<unknown>) => {
    const start = performance.now();
    await test.step(what, act);
    steps.push([what, performance.now() - start]);
  };

  await timed('the landing page', async () => {
    await page.goto(server.url);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Continue as guest' })).toBeInViewport();
  });
  await timed('in as a guest', async () => {
    await page.getByRole('button', { name: 'Continue as guest' }).tap();
    await expect(page.getByRole('heading', { name: 'Your shelf is empty' })).toBeVisible();
  });
  const ada = new ChatPage(page);
  await timed('a recipe from a pasted blog', async () => {
    await paste(page, BLOG);
    await makeRecipe(page);
    await ada.expectConnected();
    await expect(page.getByRole('heading', { name: 'Red lentil dal' })).toBeVisible();
    await expect(page.locator('.ingredients .recipe-row')).toHaveCount(5);
  });
  let link = '';
  await timed('a link to share', async () => {
    await page.getByRole('button', { name: 'Share', exact: true }).tap();
    await page.getByRole('button', { name: 'Create link' }).tap();
    await expect(page.getByRole('img', { name: 'QR code of the link' })).toBeVisible();
    link = await page.getByLabel('The link', { exact: true }).inputValue();
    await page.getByRole('button', { name: 'Close' }).tap();
  });
  const elsewhere = await browser.newContext({ ...PHONE });
  watchConsole(elsewhere, consoleWatch.problems);
  const leo = new ChatPage(await elsewhere.newPage());
  await timed('the second phone is in', async () => {
    await leo.page.goto(link);
    await expect(leo.page.getByRole('heading', { name: 'Red lentil dal' })).toBeVisible();
    await leo.page.getByRole('button', { name: 'Continue as guest' }).tap();
    await leo.expectConnected();
    await expect(leo.page.locator('.ingredients .recipe-row')).toHaveCount(5);
  });
  await timed('both see a change of each', async () => {
    await leo.send('add 1 lime');
    for (const { page: one } of [ada, leo]) await expect(one.locator('.recipe-row.added')).toContainText('lime');
    await ada.send('for 6 people');
    for (const { page: one } of [ada, leo]) await expect(one.locator('.recipe-card')).toContainText('375 g');
  });

  const total = steps.reduce((sum, [, took]) => sum + took, 0);
  const description = [...steps, ['in all', total] as const].map(([what, took]) => `${what}: ${(took / 1_000).toFixed(1)} s`).join(', ');
  test.info().annotations.push({ type: 'first minute', description });
  process.stdout.write(`first minute: ${description}\n`);
  expect(total, description).toBeLessThanOrEqual(MINUTE * loadFactor());
  await elsewhere.close();
});

/** Into the field for the name of a dish, as the clipboard gives it. */
async function paste(page: Page, text: string): Promise<void> {
  await page.getByLabel('Name of the dish').evaluate((field, pasted) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', pasted);
    field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }, text);
}

/** A server that shows first what a text becomes has one button more. */
async function makeRecipe(page: Page): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Import a recipe' });
  const make = dialog.getByRole('button', { name: /^(Create recipe|Import)$/ });
  await expect(make).toBeEnabled();
  await make.tap();
}
