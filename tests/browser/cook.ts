// What a person does and sees in the web app, in the words of a person; and an ear for everything the console says.
import { test as base, expect, type BrowserContext, type Locator, type Page } from '@playwright/test';
import { Server } from './server';

/** What Chromium itself prints when a test breaks the network on purpose. */
const NETWORK_NOISE = /WebSocket connection to .* failed|Failed to load resource|Refused to apply style/;

interface Ears {
  /** Complaints of the console in any page of this test, each with the address that it is about. */
  complaints: string[];
  /** The test breaks the network; Chromium's own words about that are no fault. */
  expectNetworkNoise: () => void;
}

interface Fixtures {
  /** Starts the product for this test. It ends after the pages have: a page whose server goes away would complain. */
  startServer: (...flags: string[]) => Promise<Server>;
  ears: Ears;
}

export const test = base.extend<Fixtures>({
  // Comes before the pages of the test, and so goes after them.
  startServer: [
    async ({}, use) => {
      const started: Server[] = [];
      await use(async (...flags) => {
        const server = await Server.start(...flags);
        started.push(server);
        return server;
      });
      await Promise.all(started.map(server => server.remove()));
    },
    { auto: true },
  ],
  ears: [
    async ({ context, startServer: _ }, use) => {
      const complaints: string[] = [];
      let isNoisy = false;
      listen(context, complaints);
      await use({ complaints, expectNetworkNoise: () => (isNoisy = true) });
      const faults = complaints.filter(line => !(isNoisy && NETWORK_NOISE.test(line)));
      expect(faults, 'console').toEqual([]);
    },
    { auto: true },
  ],
});

export function listen(context: BrowserContext, complaints: string[]): void {
  context.on('console', message => {
    const { url } = message.location();
    if (['error', 'warning'].includes(message.type())) complaints.push(`${message.text()} (${url})`);
  });
  context.on('weberror', error => complaints.push(`${error.error()} (${error.page()?.url()})`));
}

export class Cook {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Opens a recipe as a guest, and waits until it is live. */
  static async atTable(page: Page, url: string, recipe: string, query = ''): Promise<Cook> {
    const cook = new Cook(page);
    await page.goto(`${url}/r/${recipe}${query}`);
    await page.getByRole('button', { name: 'Continue as guest' }).click();
    await cook.isLive();
    return cook;
  }

  async isLive(timeout = 10_000): Promise<void> {
    await expect(this.pill).toHaveText('Connected', { timeout });
    await expect(this.field).toBeEnabled({ timeout });
  }

  /** Says it and does not wait. */
  async says(text: string): Promise<void> {
    await this.field.fill(text);
    await this.field.press('Enter');
  }

  async sees(...texts: string[]): Promise<void> {
    await expect(this.bubbles).toHaveText(texts, { timeout: 20_000 });
    await expect(this.page.locator('.message.pending')).toHaveCount(0, { timeout: 20_000 });
  }

  /** The name of whoever is signed in. */
  name(): Promise<string> {
    return this.page.evaluate(() => JSON.parse(localStorage.getItem('recipe_chat_user') ?? '{}').name);
  }

  get pill(): Locator {
    return this.page.locator('.connection-status');
  }

  get field(): Locator {
    return this.page.getByRole('textbox', { name: 'Message' });
  }

  get bubbles(): Locator {
    return this.page.locator('.message .bubble');
  }
}

let count = 0;

/** A recipe that no other test uses. */
export function newRecipe(): string {
  count += 1;
  return `r-${Date.now().toString(36)}-${count}`;
}

export { expect };
