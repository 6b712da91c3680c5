// A page object for a recipe's page, and fixtures: a server for each test, and a watch over the browser's console.
import { test as base, expect, type BrowserContext, type Locator, type Page } from '@playwright/test';
import { Server } from './server';

/** What Chromium itself prints when a test breaks the network on purpose. */
const NETWORK_ERRORS = /WebSocket connection to .* failed|Failed to load resource|Refused to apply style/;

/** What Playwright prints in a test without a service worker. */
const BLOCKED_WORKER = 'Service Worker registration blocked by Playwright';

interface ConsoleWatch {
  /** Errors and warnings of the console in any page of this test, each with its address. */
  problems: string[];
  /** The test breaks the network: what Chromium prints about that is no fault. */
  expectNetworkErrors: () => void;
}

interface Fixtures {
  /** Starts the product for this test. It ends after the pages are closed: a page without its server would log errors. */
  startServer: (...flags: string[]) => Promise<Server>;
  consoleWatch: ConsoleWatch;
}

export const test = base.extend<Fixtures>({
  // Set up before the pages of the test, and so torn down after them.
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
  consoleWatch: [
    async ({ context, startServer: _ }, use) => {
      const problems: string[] = [];
      let isNetworkBroken = false;
      watchConsole(context, problems);
      await use({ problems, expectNetworkErrors: () => (isNetworkBroken = true) });
      const faults = problems.filter(line => !(isNetworkBroken && NETWORK_ERRORS.test(line)));
      expect(faults, 'console').toEqual([]);
    },
    { auto: true },
  ],
});

export function watchConsole(context: BrowserContext, problems: string[]): void {
  context.on('console', message => {
    const { url } = message.location();
    if (message.text() === BLOCKED_WORKER) return;
    if (['error', 'warning'].includes(message.type())) problems.push(`${message.text()} (${url})`);
  });
  context.on('weberror', error => problems.push(`${error.error()} (${error.page()?.url()})`));
}

export class ChatPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Opens a recipe as a guest, makes it when there is none, and waits until it is connected. */
  static async openAsGuest(page: Page, url: string, recipe: string, query = ''): Promise<ChatPage> {
    const chat = new ChatPage(page);
    await makeRecipeAtSignUp(page, url, recipe);
    await page.goto(`${url}/r/${recipe}${query}`);
    await page.getByRole('button', { name: 'Continue as guest' }).click();
    await chat.expectConnected();
    return chat;
  }

  async expectConnected(timeout = 10_000): Promise<void> {
    await expect(this.status).toHaveText('Connected', { timeout });
    await expect(this.field).toBeEnabled({ timeout });
  }

  /** Sends a message and does not wait for the echo. */
  async send(text: string): Promise<void> {
    await this.field.fill(text);
    await this.field.press('Enter');
  }

  /** Signs a guest out, who is asked first: the account is lost with it. */
  async signOut(): Promise<void> {
    await this.page.locator('summary').click();
    await this.page.getByRole('button', { name: 'Sign out' }).click();
    await this.page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click();
  }

  /** Expects exactly these messages, all of them stored. */
  async expectMessages(...texts: string[]): Promise<void> {
    await expect(this.messages).toHaveText(texts, { timeout: 20_000 });
    await expect(this.page.locator('.message.pending')).toHaveCount(0, { timeout: 20_000 });
  }

  /** The name of whoever is signed in. */
  userName(): Promise<string> {
    return this.page.evaluate(() => JSON.parse(localStorage.getItem('recipe_chat_user') ?? '{}').name);
  }

  get status(): Locator {
    return this.page.locator('.connection-status');
  }

  get field(): Locator {
    return this.page.getByRole('textbox', { name: 'Message' });
  }

  get messages(): Locator {
    return this.page.locator('.message .bubble');
  }
}

export const PASSWORD = 'correct horse';

/** Creates an account of this name, and with the password above. */
export async function signUp(page: Page, url: string, name: string): Promise<ChatPage> {
  await page.goto(url);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'New here?' }).click();
  await page.getByLabel('Username').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Create an account' }).click();
  return new ChatPage(page);
}

/** When the page signs somebody up, makes an open recipe of theirs before the page hears of it, unless there is one. */
export async function makeRecipeAtSignUp(page: Page, url: string, recipe: string): Promise<void> {
  await page.route(/\/v1\/auth\/(register|guest)$/, async route => {
    const response = await route.fetch();
    const { access_token: token } = await response.json();
    await page.request.post(`${url}/v1/recipes`, {
      headers: { authorization: `Bearer ${token}` },
      data: { id: recipe, title: '', visibility: 'open' },
    });
    await route.fulfill({ response });
  });
}

let count = 0;

/** A recipe that no other test uses. */
export function newRecipe(): string {
  count += 1;
  return `r-${Date.now().toString(36)}-${count}`;
}

/** Prints what was measured, for docs/faults.md. */
export function figures(scenario: string, measured: Record<string, number>): void {
  process.stdout.write(`FIGURES ${scenario}: ${JSON.stringify(measured)}\n`);
}

export { expect };
