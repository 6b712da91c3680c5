// The example page of another origin, on another site than the server: it signs up, cooks, and renews its token; without
// the operator's leave it can do nothing.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server as WebServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from './chat-page';

const ROOT = join(import.meta.dirname, '../..');
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' };
const folder = mkdtempSync(join(tmpdir(), 'recipe-chat-example-'));
let web: WebServer;
let origin = '';

test.beforeAll(async () => {
  cpSync(join(ROOT, 'docs/examples/other-origin'), folder, { recursive: true });
  const project = join(ROOT, 'frontend_app/packages/client/tsconfig.build.json');
  const tsc = join(import.meta.dirname, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', project, '--outDir', join(folder, 'client')]);
  web = createServer((asked, answer) => {
    const path = asked.url === '/' ? '/index.html' : (asked.url ?? '');
    readFile(join(folder, path)).then(
      body => answer.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'text/plain' }).end(body),
      () => answer.writeHead(204).end(),
    );
  });
  web.listen(0, 'localhost');
  await once(web, 'listening');
  // Another site than 127.0.0.1, not only another port of it: no cookie goes along.
  origin = `http://localhost:${(web.address() as AddressInfo).port}`;
});

test.afterAll(() => {
  web.close();
  rmSync(folder, { recursive: true, force: true });
});

async function signUp(page: Page, server: string): Promise<void> {
  await page.goto(origin);
  await page.getByLabel('Server').fill(server);
  await page.getByLabel('Name').fill('ada');
  await page.getByLabel('Password').fill('correct horse battery');
  await page.getByRole('button', { name: 'Sign up' }).click();
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel('Message').fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(page.locator('#messages li').last()).toHaveText(`ada: ${text}`);
}

test('a page of a listed origin cooks, and its token is renewed on the open connection', async ({ page, startServer }) => {
  // Asked for a fresh token after 2 of 4 s.
  const times = ['--access-ttl', '4s', '--reauth-lead', '2s', '--reauth-grace', '1s'];
  const { url } = await startServer('--allowed-origins', origin, ...times);
  const refreshed = page.waitForResponse(response => response.url() === `${url}/v1/auth/refresh` && response.ok());
  const sockets: string[] = [];
  page.on('websocket', socket => sockets.push(socket.url()));
  await signUp(page, url);
  await expect(page.getByRole('status')).toHaveText('authenticated');
  await expect(page.getByRole('heading', { name: 'Pancakes' })).toBeVisible();
  await say(page, 'add 2 eggs');
  await expect(page.locator('#ingredients li')).toHaveText(/2 +eggs/);
  await refreshed;
  await say(page, 'double it');
  await expect(page.locator('#ingredients li')).toHaveText(/4 +eggs/);
  expect(sockets).toHaveLength(1);
});

test('a page of any other origin gets no answer', async ({ page, startServer, consoleWatch }) => {
  consoleWatch.expectNetworkErrors();
  const { url } = await startServer('--allowed-origins', 'http://localhost:1');
  await signUp(page, url);
  await expect(page.getByRole('status')).toHaveText('Failed to fetch');
  // What Chromium says of it is what the test is about.
  expect(consoleWatch.problems.splice(0).join('\n')).toContain('blocked by CORS policy');
});
