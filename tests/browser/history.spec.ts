// A conversation longer than one page, fetched backwards from the real server.
import { Cook, expect, newRecipe, test } from './cook';

const SAID = 270;

test('earlier messages come when asked for, and the reader stays in place', async ({ page, startServer }) => {
  const server = await startServer();
  const recipe = newRecipe();
  const cook = await Cook.atTable(page, server.url, recipe);
  await page.evaluate(sayMany, { recipe, count: SAID });
  await page.reload();
  await cook.isLive();
  await expect(cook.bubbles).toHaveCount(50);
  const log = page.getByRole('log');
  for (const [count, first] of [
    [250, 'said 221'],
    [SAID, 'said 21'],
  ] as const) {
    await log.evaluate(scrollToTop);
    const reading = cook.bubbles.filter({ hasText: new RegExp(`^${first}$`) });
    const before = (await reading.boundingBox())?.y ?? Number.NaN;
    await page.getByRole('button', { name: 'Show earlier messages' }).click();
    await expect(cook.bubbles).toHaveCount(count);
    await expect(log).toHaveAttribute('aria-busy', 'false');
    await expect
      .poll(async () => Math.abs(((await reading.boundingBox())?.y ?? Number.NaN) - before))
      .toBeLessThanOrEqual(1);
  }
  await expect(cook.bubbles.first()).toHaveText('said 1');
  await expect(page.getByRole('button', { name: 'Show earlier messages' })).toBeHidden();
});

/** Runs in the page; rows that come near are laid out over a few frames. */
async function scrollToTop(list: Element): Promise<void> {
  list.scrollTo(0, 0);
  for (let n = 0; n < 10; n += 1) await new Promise(requestAnimationFrame);
}

/** Runs in the page: says many things over a connection of its own, each after the last was answered. */
function sayMany({ recipe, count }: { recipe: string; count: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${location.host}/v1/chat/${recipe}`);
    let said = 0;
    socket.onopen = () => {
      const token = localStorage.getItem('access_token');
      socket.send(JSON.stringify({ type: 'auth', payload: { token } }));
    };
    socket.onmessage = () => {
      if (said === count) {
        socket.close();
        return resolve();
      }
      said += 1;
      socket.send(JSON.stringify({ type: 'chat_message', id: `s-${said}`, payload: { content: `said ${said}` } }));
    };
    socket.onclose = () => reject(new Error('closed'));
  });
}
