// Signing in at an identity provider: there, back to the same page, and signed in as after every sign-in.
import { expect, test as base } from './chat-page';
import { IdentityProvider } from './identity-provider';

const test = base.extend<{ provider: IdentityProvider }>({
  provider: async ({}, use) => {
    const provider = await IdentityProvider.start();
    await use(provider);
    await provider.stop();
  },
});

test('a cook signs in at the provider, lands in the recipe, stays signed in, and signs out', async ({ page, context, provider, startServer }) => {
  const server = await startServer(...provider.flags);
  const addresses: string[] = [];
  page.on('request', request => addresses.push(request.url()));
  await page.goto(`${server.url}/r/soup-of-ada`);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: 'Continue with Corp Kitchens' }).click();
  await expect(page.getByRole('heading', { name: 'Corp Kitchens' })).toBeVisible();
  await page.getByRole('link', { name: 'I am Ada' }).click();

  await expect(page).toHaveURL(`${server.url}/r/soup-of-ada`);
  const user = () => page.evaluate(() => JSON.parse(localStorage.getItem('recipe_chat_user') ?? 'null')?.name);
  await expect.poll(user).toBe('Ada Lovelace');
  const cookies = await context.cookies(`${server.url}/v1/auth/refresh`);
  expect(cookies.map(({ name, httpOnly, sameSite }) => ({ name, httpOnly, sameSite }))).toEqual([
    { name: 'recipe_chat_refresh', httpOnly: true, sameSite: 'Strict' },
  ]);
  const token = await page.evaluate(() => localStorage.getItem('access_token'));
  const isSecret = (address: string) => [token, cookies[0]?.value].some(secret => !secret || address.includes(secret));
  expect(addresses.filter(isSecret)).toEqual([]);

  await page.goto(server.url);
  await page.evaluate(() => localStorage.removeItem('access_token'));
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Your shelf is empty' })).toBeVisible();
  await page.locator('summary').click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('button', { name: 'Continue as guest' })).toBeVisible();
});

test('who refuses at the provider is back on the page and told so, once', async ({ page, provider, startServer }) => {
  const server = await startServer(...provider.flags);
  await page.goto(server.url);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: 'Continue with Corp Kitchens' }).click();
  await page.getByRole('link', { name: 'Never mind' }).click();
  await expect(page.getByText('You were not signed in there.')).toBeVisible();
  await expect(page).toHaveURL(`${server.url}/`);
  await page.reload();
  await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
  await expect(page.getByText('You were not signed in there.')).toBeHidden();
});

test('an answer that nobody has asked for signs nobody in', async ({ page, provider, startServer }) => {
  const server = await startServer(...provider.flags);
  await page.goto(`${server.url}/v1/auth/issuers/corp/callback?code=code-0&state=made-up`);
  await expect(page.getByText('That did not work, or took too long. Try again.')).toBeVisible();
  expect(await page.evaluate(() => localStorage.getItem('recipe_chat_user'))).toBeNull();
});

test('where there is no provider, there is only the form', async ({ page, startServer }) => {
  const server = await startServer();
  await page.goto(server.url);
  const listed = page.waitForResponse('**/v1/auth/issuers');
  await page.getByRole('button', { name: 'Sign in' }).click();
  expect(await (await listed).json()).toEqual({ issuers: [] });
  await expect(page.getByLabel('Username')).toBeVisible();
  await expect(page.getByRole('link', { name: /^Continue with/ })).toHaveCount(0);
});
