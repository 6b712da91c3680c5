// The place where tokens are renewed misbehaves: sooner or later it works again, or the person is asked.
import type { Route } from '@playwright/test';
import { Cook, expect, newRecipe, test } from './cook';
import { Server } from './server';

const SHORT = ['--access-ttl', '12s', '--reauth-lead', '8s', '--reauth-grace', '6s'];

/** What the place where tokens are renewed may do instead of renewing one. */
const MISBEHAVIOURS: Record<string, (route: Route, token: string) => Promise<void>> = {
  fails: route => route.abort(),
  hangs: async () => {},
  'gives the same token again': (route, token) =>
    route.fulfill({ json: { access_token: token, token_type: 'Bearer', expires_in: 900, user: { id: 'u', name: 'u' } } }),
  'answers after the socket died': async route => {
    await new Promise(later => setTimeout(later, 8_000));
    await route.continue().catch(() => {});
  },
};

for (const [how, misbehave] of Object.entries(MISBEHAVIOURS))
  test(`a source of tokens that ${how}: within 35 seconds it works again, or there is a button`, async ({ page, ears }) => {
    ears.expectNetworkNoise();
    const server = await Server.start(...SHORT);
    let sockets = 0;
    page.on('websocket', () => (sockets += 1));
    const cook = await Cook.atTable(page, server.url, newRecipe());
    const token = (await page.evaluate(() => localStorage.getItem('access_token'))) ?? '';
    await page.route('**/v1/auth/refresh', route => misbehave(route, token));
    const start = Date.now();
    // Until the server has closed the connection, whose token is not renewed in time.
    await expect(cook.pill).not.toHaveText('Connected', { timeout: 20_000 });
    await page.unroute('**/v1/auth/refresh');
    const left = 35_000 - (Date.now() - start);
    const signIn = page.getByRole('button', { name: 'Sign in', exact: true });
    await expect(signIn.or(cook.pill.getByText('Connected', { exact: true }))).toBeVisible({ timeout: left });
    expect(await signIn.isVisible(), 'asks the person').toBe(how === 'gives the same token again');
    expect(sockets, 'connections').toBeLessThanOrEqual(2);
    await server.remove();
  });
