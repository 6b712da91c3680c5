// The refresh of tokens fails: sooner or later the connection works again, or the person is asked to sign in.
import type { Route } from '@playwright/test';
import { ChatPage, expect, newRecipe, test } from './chat-page';

const SHORT = ['--access-ttl', '12s', '--reauth-lead', '8s', '--reauth-grace', '6s'];

/** What may happen to a refresh instead of a new token. */
const FAULTS: Record<string, (route: Route, current: { token: string; user: unknown }) => Promise<void>> = {
  fails: route => route.abort(),
  hangs: async () => {},
  'gives the same token again': (route, { token, user }) =>
    route.fulfill({ json: { access_token: token, token_type: 'Bearer', expires_in: 900, user } }),
  'is hidden by the page of a proxy': route =>
    route.fulfill({ status: 403, contentType: 'text/html', body: '<h1>Forbidden</h1>' }),
  'answers after the socket died': async route => {
    await new Promise(resolve => setTimeout(resolve, 8_000));
    await route.continue().catch(() => {});
  },
};

for (const [fault, respond] of Object.entries(FAULTS))
  test(`a refresh that ${fault}: within 35 seconds the connection works again, or there is a button`, async ({ page, consoleWatch, startServer }) => {
    consoleWatch.expectNetworkErrors();
    const server = await startServer(...SHORT);
    let sockets = 0;
    page.on('websocket', () => (sockets += 1));
    const chat = await ChatPage.openAsGuest(page, server.url, newRecipe());
    const current = await page.evaluate(() => ({
      token: localStorage.getItem('access_token') ?? '',
      user: JSON.parse(localStorage.getItem('recipe_chat_user') ?? 'null'),
    }));
    await page.route('**/v1/auth/refresh', route => respond(route, current));
    const start = Date.now();
    // Until the server has closed the connection, whose token is not renewed in time.
    await expect(chat.status).not.toHaveText('Connected', { timeout: 20_000 });
    await page.unroute('**/v1/auth/refresh');
    const left = 35_000 - (Date.now() - start);
    const signIn = page.getByRole('button', { name: 'Sign in', exact: true });
    await expect(signIn.or(chat.status.getByText('Connected', { exact: true }))).toBeVisible({ timeout: left });
    expect(await signIn.isVisible(), 'asks the person').toBe(fault === 'gives the same token again');
    expect(sockets, 'connections').toBeLessThanOrEqual(2);
  });

test('a browser whose cookie belongs to another person meanwhile: the page says so, and the person chooses', async ({ page, context, startServer }) => {
  const server = await startServer(...SHORT);
  const recipe = newRecipe();
  const chat = await ChatPage.openAsGuest(page, server.url, recipe);
  const ada = await chat.userName();
  await chat.send('from ada');
  await chat.expectMessages('from ada');
  // Cookies do not depend on the port: this is what a sign-in at another instance on the same host does.
  const bob = { username: `bob-${Date.now().toString(36)}`, password: 'correct horse' };
  expect((await context.request.post(`${server.url}/v1/auth/register`, { data: bob })).status()).toBe(201);
  await expect(page.getByRole('heading', { name: `This browser is signed in as ${bob.username} now` })).toBeVisible({ timeout: 20_000 });
  expect(await chat.userName()).toBe(ada);
  await expect(page.getByText(`You were signed in as ${ada}.`)).toBeVisible();
  await page.getByRole('button', { name: `Go on as ${bob.username}` }).click();
  await chat.expectConnected();
  expect(await chat.userName()).toBe(bob.username);
  await chat.send('from bob');
  await chat.expectMessages('from ada', 'from bob');
  await expect(page.locator('.message.own .bubble')).toHaveText(['from bob']);
});
