// A conversation longer than one page, fetched backwards from the real server.
import { ChatPage, expect, newRecipe, test } from './chat-page';

const MESSAGE_COUNT = 270;

// Hundreds of messages take their time on a busy machine.
test.setTimeout(180_000);

test('earlier messages are loaded on request, and the scroll position stays', async ({ page, startServer }) => {
  const server = await startServer();
  const recipe = newRecipe();
  const chat = await ChatPage.openAsGuest(page, server.url, recipe);
  await page.evaluate(sendMany, { recipe, count: MESSAGE_COUNT });
  await page.reload();
  await chat.expectConnected();
  await expect(chat.messages).toHaveCount(50);
  const log = page.getByRole('log');
  for (const [count, first] of [
    [250, 'said 221'],
    [MESSAGE_COUNT, 'said 21'],
  ] as const) {
    await log.evaluate(scrollToTop);
    const reading = chat.messages.filter({ hasText: new RegExp(`^${first}$`) });
    const before = (await reading.boundingBox())?.y ?? Number.NaN;
    await page.getByRole('button', { name: 'Show earlier messages' }).click();
    await expect(chat.messages).toHaveCount(count);
    await expect(log).toHaveAttribute('aria-busy', 'false');
    await expect
      .poll(async () => Math.abs(((await reading.boundingBox())?.y ?? Number.NaN) - before))
      .toBeLessThanOrEqual(1);
  }
  await expect(chat.messages.first()).toHaveText('said 1');
  await expect(page.getByRole('button', { name: 'Show earlier messages' })).toBeHidden();
});

/** Runs in the page; rows near the visible part are laid out over a few frames. */
async function scrollToTop(list: Element): Promise<void> {
  list.scrollTo(0, 0);
  for (let n = 0; n < 10; n += 1) await new Promise(requestAnimationFrame);
}

/** Runs in the page: sends many messages over a connection of its own, each after the one before was answered. */
function sendMany({ recipe, count }: { recipe: string; count: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${location.host}/v1/chat/${recipe}`);
    let sent = 0;
    socket.onopen = () => {
      const token = localStorage.getItem('access_token');
      socket.send(JSON.stringify({ type: 'auth', payload: { token } }));
    };
    socket.onmessage = () => {
      if (sent === count) {
        socket.close();
        return resolve();
      }
      sent += 1;
      socket.send(JSON.stringify({ type: 'chat_message', id: `s-${sent}`, payload: { content: `said ${sent}` } }));
    };
    socket.onclose = () => reject(new Error('closed'));
  });
}
