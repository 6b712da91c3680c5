// Printing: the recipe, and nothing else, on every paper, from every width and theme.
import { ChatPage, expect, newRecipe, test } from './chat-page';
import { textOf } from './pdf-text';

test('a recipe is printed on portrait and landscape paper, also from a phone that shows the conversation', async ({ page, startServer }) => {
  const server = await startServer();
  const chat = await ChatPage.openAsGuest(page, server.url, newRecipe());
  for (const text of ['add 200 g flour', 'add step: Whisk it all for 9 minutes.', 'call it Sunday pancakes']) await chat.send(text);
  await expect(page.getByRole('heading', { name: 'Sunday pancakes' })).toBeVisible();
  await page.setViewportSize({ width: 390, height: 844 });
  await page.locator('.sheet-handle').click();
  await page.evaluate(() => {
    document.documentElement.dataset['theme'] = 'dark';
  });
  for (const landscape of [false, true]) {
    // Letters may stand one by one, and some as ligatures.
    const printed = textOf(await page.pdf({ format: 'A4', landscape })).replace(/\s+/g, '').normalize('NFKC');
    for (const part of ['Sundaypancakes', 'Serves4', '200g', 'flour', 'Whiskitallfor', '9minutes'])
      expect(printed, `landscape ${landscape}`).toContain(part);
    expect(printed).not.toMatch(/Undo|Connected|callit|Typeamessage/);
    expect(printed.indexOf('Sundaypancakes'), 'nothing stands before the title').toBe(0);
  }
});
