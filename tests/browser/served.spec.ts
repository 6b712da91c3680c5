// What the binary serves, and the content security policy of the page.
import { request } from 'node:http';
import { ChatPage, expect, newRecipe, test } from './chat-page';
import { Server } from './server';

let server: Server;
test.beforeAll(async () => {
  server = await Server.start();
});
test.afterAll(() => server.remove());

test('the page may load from its own origin only, and nothing inline', async () => {
  const { headers } = await get('/');
  const policy = String(headers['content-security-policy']);
  const directives = policy.split(';').map(directive => directive.trim());
  expect(directives).toEqual(
    expect.arrayContaining([
      "default-src 'self'",
      "base-uri 'none'",
      "object-src 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      'trusted-types service-worker',
    ]),
  );
  expect(policy).not.toMatch(/unsafe|\*|https?:|data:|blob:|nonce|sha256/);
  expect(headers['x-content-type-options']).toBe('nosniff');
});

test('assets are hashed, compressed and immutable; the page itself is revalidated', async () => {
  const page = await get('/');
  expect(page.headers['cache-control']).toMatch(/no-cache/);
  const assets = [...page.body.toString().matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '');
  expect(assets.length).toBeGreaterThanOrEqual(2);
  for (const path of assets) {
    expect(path).toMatch(/-[\w-]{8}\.(js|css)$/);
    const plain = await get(path);
    expect(plain.headers['cache-control'], path).toBe('public, max-age=31536000, immutable');
    for (const [accepts, coding] of [
      ['gzip, deflate, br', 'br'],
      ['gzip', 'gzip'],
    ]) {
      const packed = await get(path, { 'accept-encoding': accepts });
      expect(packed.headers['content-encoding'], path).toBe(coding);
      expect(packed.headers.vary, path).toMatch(/accept-encoding/i);
      expect(packed.body.length, path).toBeLessThan(plain.body.length / 2);
    }
    const again = await get(path, { 'if-none-match': String(plain.headers.etag) });
    expect(again.status, path).toBe(304);
  }
});

test('a file of another build is answered with 404, which no cache may store', async () => {
  const absent = await get('/assets/index-OtherBld.js');
  expect(absent.status).toBe(404);
  expect(absent.headers['cache-control']).toBe('no-store');
  expect(absent.headers['content-type']).toBe('application/problem+json');
  const start = await get('/start.js');
  expect(start.status).toBe(200);
  expect(start.headers['cache-control']).toMatch(/no-cache/);
});

test('what makes it an app to install is served: manifest, icons, and a service worker that is never stale', async () => {
  const manifest = await get('/manifest.webmanifest');
  expect(manifest.headers['content-type']).toBe('application/manifest+json');
  const { icons } = JSON.parse(manifest.body.toString()) as { icons: { src: string; type: string; sizes: string }[] };
  expect(icons.map(({ sizes }) => sizes)).toEqual(expect.arrayContaining(['192x192', '512x512']));
  for (const { src, type } of [...icons, { src: '/apple-touch-icon.png', type: 'image/png' }]) {
    const icon = await get(src);
    expect([icon.status, icon.headers['content-type']], src).toEqual([200, type]);
  }
  const worker = await get('/service-worker.js');
  expect(worker.headers['content-type']).toMatch(/^text\/javascript/);
  expect(worker.headers['cache-control']).toMatch(/no-cache/);
  const page = await get('/');
  const entry = /src="(\/assets\/index-[^"]+)"/.exec(page.body.toString())?.[1] ?? 'none';
  expect(worker.body.toString()).toContain(entry);
});

test('the browser enforces the policy: no markup from strings, no inline script, no other host', async ({ page, consoleWatch }) => {
  await ChatPage.openAsGuest(page, server.url, newRecipe());
  const tried = await page.evaluate(async () => {
    const fails = (run: () => unknown) => {
      try {
        run();
        return false;
      } catch (error) {
        return error instanceof TypeError;
      }
    };
    const script = document.createElement('script');
    script.append('window.ran = true');
    document.body.append(script);
    const otherHost = await fetch('https://example.com/').then(
      () => false,
      () => true,
    );
    return {
      markup: fails(() => Reflect.set(document.body.appendChild(document.createElement('i')), 'innerHTML', '<b>!</b>')),
      inline: !Reflect.has(window, 'ran'),
      otherHost,
    };
  });
  expect(tried).toEqual({ markup: true, inline: true, otherHost: true });
  // The console reports exactly what was tried.
  expect(consoleWatch.problems.every(line => /Trusted|Content Security Policy/.test(line))).toBe(true);
  consoleWatch.problems.length = 0;
});

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/** A request without the headers that a browser adds. */
function get(path: string, headers: Record<string, string | undefined> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(server.url + path, { headers }, response => {
      const parts: Buffer[] = [];
      response.on('data', part => parts.push(part));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}
