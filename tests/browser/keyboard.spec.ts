// The whole app by keyboard alone, and what a screen reader is given at each step.
import type { Page } from '@playwright/test';
import { expect, makeRecipeAtSignUp, newRecipe, test } from './chat-page';

test('from sign-in to a changed recipe and sign-out, without a mouse', async ({ page, startServer }) => {
  const server = await startServer();
  const recipe = newRecipe();
  await makeRecipeAtSignUp(page, server.url, recipe);
  await page.goto(`${server.url}/r/${recipe}`);
  await expect(page.locator('main')).toMatchAriaSnapshot(`
    - main:
      - paragraph: Recipe Chat
      - heading "Talk a recipe into shape, together." [level=1]
      - paragraph: /Say what you’d change/
      - button "Continue as guest"
      - button "Sign in"
      - paragraph: /No account needed/
  `);
  await tabTo(page, 'Sign in');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('textbox', { name: 'Username' })).toBeFocused();
  await expect(page.locator('form').first()).toMatchAriaSnapshot(`
    - text: Username
    - textbox "Username"
    - text: Password
    - textbox "Password"
    - checkbox "Show what I type"
    - button "Sign in"
    - button "New here? Create an account"
  `);
  await page.keyboard.press('Shift+Tab');
  await expect(page.getByRole('button', { name: 'Continue as guest' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('.connection-status')).toHaveText('Connected');
  await expect(page.getByRole('log')).toMatchAriaSnapshot(`
    - log "Conversation":
      - paragraph: Say what to change, the way you would in the kitchen
      - button "add 2 cups flour"
      - button "for 6 people"
      - 'button "add step: Heat the pan"'
  `);

  await page.keyboard.press('/');
  await expect(page.getByRole('textbox', { name: 'Message' })).toBeFocused();
  await page.keyboard.type('add 2 cups flour');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('log')).toMatchAriaSnapshot(`
    - log "Conversation":
      - article:
        - paragraph: /You/
        - paragraph: add 2 cups flour
        - paragraph: /Added/
  `);
  await expect(page.getByRole('region', { name: 'Recipe' })).toMatchAriaSnapshot(`
    - region "Recipe":
      - heading [level=1]
      - group "Servings":
        - button "One fewer"
        - status: /Serves/
        - button "One more"
      - paragraph: Changed just now by you
      - button "Hide changes" [pressed]
      - 'button /Undo: Added .* \\(you\\)/'
      - heading "Ingredients" [level=2]
      - list:
        - listitem:
          - checkbox /flour/
          - insertion: /flour/
          - text: new
      - heading "Method" [level=2]
      - paragraph: No steps yet.
  `);
  await expect(page.getByRole('status').filter({ hasText: 'Recipe updated: 1 ingredient changed' })).toBeAttached();

  await page.keyboard.press('Escape');
  await tabTo(page, 'One more');
  await page.keyboard.press('Enter');
  await tabTo(page, 'for everyone');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('log')).toContainText(/for \d+ people/);
  await page.keyboard.press('Shift+?');
  await expect(page.getByRole('dialog')).toMatchAriaSnapshot(`
    - dialog "Keyboard shortcuts":
      - heading "Keyboard shortcuts" [level=2]
      - button "Close"
      - term: /./
      - definition: Write a message
  `);
  await page.keyboard.press('Escape');
  await tabTo(page, 'More');
  await page.keyboard.press('Enter');
  await tabTo(page, 'Sign out');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'Sign out?' })).toBeVisible();
  await tabTo(page, 'Sign out');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Continue as guest' })).toBeVisible();
});

/** Presses Tab until the focused element is named `name`; each focused element must be visible. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press('Tab');
    const focused = page.locator(':focus');
    if ((await focused.count()) === 0) continue; // the browser's own controls
    await expect(focused).toBeInViewport();
    const label = await focused.evaluate(one => `${one.getAttribute('aria-label') ?? one.textContent}`);
    if (label.includes(name)) return;
  }
  throw new Error(`no element is named ${name}`);
}
