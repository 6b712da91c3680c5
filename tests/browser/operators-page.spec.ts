// The operators' page, which is made by the edge and needs no script: axe finds nothing in it, and nothing scrolls sideways.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { ChatPage, expect, newRecipe, test } from './chat-page';
import { Server } from './server';

const AXE = readFileSync(join(import.meta.dirname, 'node_modules/axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** The smallest that is supported, phone, laptop. */
const WIDTHS = [320, 390, 1280];

test('axe finds nothing in the operators’ page, in either theme, at any width', async ({ page }) => {
  const port = await freePort();
  const server = await Server.start('--admin-listen', `127.0.0.1:${port}`);
  try {
    const recipe = newRecipe();
    const chat = await ChatPage.openAsGuest(page, server.url, recipe);
    await chat.send('add 3 leeks');
    for (const search of ['', `?recipe=${recipe}`, '?user=nobody-here']) {
      await page.goto(`http://127.0.0.1:${port}/${search}`);
      await expect(page.getByRole('heading', { level: 1 })).toContainText('Edge');
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 800 });
          expect(await findings(page), `${search} ${colorScheme} ${width}`).toEqual([]);
        }
      }
    }
  } finally {
    await server.remove();
  }
});

/** What axe finds, and whether the page is wider than its window. */
async function findings(page: Page): Promise<string[]> {
  // The page's policy lets nothing in but its style; what the test's own debugger runs is no part of the page.
  await page.evaluate(AXE);
  return page.evaluate(async rules => {
    const { axe } = window as unknown as { axe: { run(part: Document, options: object): Promise<Found> } };
    type Found = { violations: { id: string; nodes: { html: string }[] }[] };
    const { violations } = await axe.run(document, { runOnly: rules });
    const found = violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
    const root = document.documentElement;
    return root.scrollWidth > root.clientWidth ? [...found, `${root.scrollWidth} pixels wide`] : found;
  }, RULES);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as { port: number };
  await new Promise(closed => server.close(closed));
  return port;
}
