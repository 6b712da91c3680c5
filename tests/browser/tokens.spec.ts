// The place where tokens are renewed misbehaves: sooner or later it works again, or the person is asked.
import type { Route } from '@playwright/test';
import { Cook, expect, newRecipe, test } from './cook';

const SHORT = ['--access-ttl', '12s', '--reauth-lead', '8s', '--reauth-grace', '6s'];

/** What the place where tokens are renewed may do instead of renewing one. */
const MISBEHAVIOURS: Record<string, (route: Route, had: { token: string; user: unknown }) => Promise<void>> = {
  fails: route => route.abort(),
  hangs: async () => {},
  'gives the same token again': (route, { token, user }) =>
    route.fulfill({ json: { access_token: token, token_type: 'Bearer', expires_in: 900, user } }),
  'is hidden by the page of a proxy': route =>
    route.fulfill({ status: 403, contentType: 'text/html', body: '<h1>Forbidden</h1>' }),
  'answers after the socket died': async route => {
    await new Promise(later => setTimeout(later, 8_000));
    await route.continue().catch(() => {});
  },
};

for (const [how, misbehave] of Object.entries(MISBEHAVIOURS))
  test(`a source of tokens that ${how}: within 35 seconds it works again, or there is a button`, async ({ page, ears, startServer }) => {
    ears.expectNetworkNoise();
    const server = await startServer(...SHORT);
    let sockets = 0;
    page.on('websocket', () => (sockets += 1));
    const cook = await Cook.atTable(page, server.url, newRecipe());
    const had = await page.evaluate(() => ({
      token: localStorage.getItem('access_token') ?? '',
      user: JSON.parse(localStorage.getItem('recipe_chat_user') ?? 'null'),
    }));
    await page.route('**/v1/auth/refresh', route => misbehave(route, had));
    const start = Date.now();
    // Until the server has closed the connection, whose token is not renewed in time.
    await expect(cook.pill).not.toHaveText('Connected', { timeout: 20_000 });
    await page.unroute('**/v1/auth/refresh');
    const left = 35_000 - (Date.now() - start);
    const signIn = page.getByRole('button', { name: 'Sign in', exact: true });
    await expect(signIn.or(cook.pill.getByText('Connected', { exact: true }))).toBeVisible({ timeout: left });
    expect(await signIn.isVisible(), 'asks the person').toBe(how === 'gives the same token again');
    expect(sockets, 'connections').toBeLessThanOrEqual(2);
  });

test('a browser whose cookie belongs to somebody else meanwhile: the person is told and chooses', async ({ page, context, startServer }) => {
  const server = await startServer(...SHORT);
  const recipe = newRecipe();
  const cook = await Cook.atTable(page, server.url, recipe);
  const ada = await cook.name();
  await cook.says('from ada');
  await cook.sees('from ada');
  // Cookies know no ports: as a sign-in at another instance on the same host, with the same accounts, would.
  const bob = { username: `bob-${Date.now().toString(36)}`, password: 'correct horse' };
  expect((await context.request.post(`${server.url}/v1/auth/register`, { data: bob })).status()).toBe(201);
  await expect(page.getByRole('heading', { name: `This browser is signed in as ${bob.username} now` })).toBeVisible({ timeout: 20_000 });
  expect(await cook.name()).toBe(ada);
  await expect(page.getByText(`You were signed in as ${ada}.`)).toBeVisible();
  await page.getByRole('button', { name: `Go on as ${bob.username}` }).click();
  await cook.isLive();
  expect(await cook.name()).toBe(bob.username);
  await cook.says('from bob');
  await cook.sees('from ada', 'from bob');
  await expect(page.locator('.message.own .bubble')).toHaveText(['from bob']);
});
