// Another name for a recipe: one message on a connection of its own, which ends with the answer.
import { Chats } from '@recipe-chat/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeEnvironment, FakeTokens } from '../../packages/client/test/fake-environment';
import { messageOf, SESSION, update } from '../../packages/client/test/fake-socket';
import { renameRecipe } from './rename';

let env: FakeEnvironment;
let chats: Chats;

beforeEach(() => {
  vi.useFakeTimers();
  env = new FakeEnvironment();
  chats = new Chats({ ...env.options, getToken: new FakeTokens().get });
});

afterEach(() => vi.useRealTimers());

/** What became of the rename: its error, or nothing. */
async function rename(answer: (id: string) => void): Promise<unknown> {
  const done = renameRecipe(chats, 'soup', 'Onion soup').then(
    () => null,
    error => error,
  );
  await vi.advanceTimersByTimeAsync(1);
  env.socket.accept();
  await vi.advanceTimersByTimeAsync(1);
  env.socket.welcome();
  await vi.advanceTimersByTimeAsync(1);
  const [sent] = env.socket.ofType('chat_message');
  if (sent) answer(sent.id);
  await vi.advanceTimersByTimeAsync(1);
  return done;
}

const stored = (id: string, more: object) => {
  const message = messageOf(2, {
    id,
    author: SESSION.user,
    content: 'rename it to Onion soup',
    ...more,
  });
  env.socket.say('recipe_update', update({ revision: 2, message, in_reply_to: id }));
};

describe('a recipe is renamed', () => {
  it('by the message that one would write', async () => {
    const error = await rename(id => stored(id, { effect: 'Renamed it to “Onion soup”' }));
    expect(error).toBeNull();
    expect(env.socket.ofType('chat_message')[0]?.payload.content).toBe('rename it to Onion soup');
    expect(env.live).toEqual([]);
  });

  it('or not, and the reason is told: the hint, or the error', async () => {
    const hinted = await rename(id => stored(id, { effect: null, hint: 'Say the new name.' }));
    expect(hinted).toMatchObject({ status: 422, message: 'Say the new name.' });
    const refused = await rename(id => {
      const error = { code: 'forbidden', message: 'You may read it only.', retryable: false };
      env.socket.say('error', { ...error, in_reply_to: id });
    });
    expect(refused).toMatchObject({ message: 'You may read it only.' });
    expect(env.live).toEqual([]);
  });

  it('within ten seconds, or not at all', async () => {
    const done = renameRecipe(chats, 'soup', 'Onion soup').catch(error => error);
    const manager = chats.get('soup');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await done).toMatchObject({ status: 0 });
    expect(manager.getSnapshot().outbox).toEqual([]);
  });
});
