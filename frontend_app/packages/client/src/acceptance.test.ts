// Each message has a promise: kept by the server's answer, broken with a reason, and never left open for ever.
import { describe, expect, it } from 'vitest';
import { nextSocket, settled, setUp, setUpLive } from '../test/fake-environment.ts';
import { messageOf, SESSION, update } from '../test/fake-socket.ts';
import type { Sent } from './websocket.ts';

type Live = Awaited<ReturnType<typeof setUpLive>>;

function echo({ env }: Live, { message }: Sent, revision: number, author = SESSION.user) {
  const id = message?.id ?? '';
  const stored = messageOf(revision, { id, author, content: message?.content });
  env.socket.say('recipe_update', update({ revision, message: stored, in_reply_to: id }));
}

const codeOf = (sent: Sent) => sent.accepted.then(() => 'accepted').catch(({ code }) => code);

describe('a sent message', () => {
  it('is there at once, and accepted when the server says so', async () => {
    const live = await setUpLive();
    const sent = live.manager.send('  add salt ');
    expect(sent.message).toMatchObject({ content: 'add salt' });
    expect(live.manager.getSnapshot().outbox).toMatchObject([{ id: sent.message?.id }]);
    echo(live, sent, 2);
    await expect(sent.accepted).resolves.toMatchObject({ revision: 2, content: 'add salt' });
  });

  it('is accepted over a lost connection, whichever frame tells', async () => {
    const live = await setUpLive();
    const sent = live.manager.send('add salt');
    live.env.socket.drop();
    await nextSocket(live.env, live.manager);
    live.env.socket.accept();
    const stored = messageOf(2, { id: sent.message?.id, author: SESSION.user });
    live.env.socket.welcome({ revision: 2, messages: [stored] });
    await expect(sent.accepted).resolves.toMatchObject({ revision: 2 });
  });

  it('is not taken for a message of another person with the same id', async () => {
    const live = await setUpLive();
    const bob = { id: 'u-bob', name: 'bob' };
    const sent = live.manager.send('add salt');
    echo(live, sent, 2, bob);
    const id = sent.message?.id;
    const messages = [
      messageOf(3, { id, author: SESSION.user }),
      messageOf(4, { id, author: bob }),
    ];
    live.env.socket.say('recipe_update', update({ revision: 4, messages }));
    await expect(sent.accepted).resolves.toMatchObject({ revision: 3 });
  });

  it.each(['forbidden', 'conflict', 'message_too_long'])('is refused by %s', async code => {
    const live = await setUpLive();
    const sent = live.manager.send('add salt');
    const in_reply_to = sent.message?.id;
    live.env.socket.say('error', { code, message: 'No.', retryable: false, in_reply_to });
    await expect(sent.accepted).rejects.toMatchObject({ name: 'SendError', code, message: 'No.' });
  });

  it('waits through errors that are tried again', async () => {
    const live = await setUpLive();
    const sent = live.manager.send('add salt');
    const in_reply_to = sent.message?.id;
    live.env.socket.say('error', {
      code: 'unavailable',
      message: '',
      retryable: true,
      in_reply_to,
    });
    await live.env.advance(3_000);
    expect(live.env.socket.ofType('chat_message')).toHaveLength(2);
    echo(live, sent, 2);
    expect(await codeOf(sent)).toBe('accepted');
  });

  it('is refused when somebody deletes it, and when it gets too old', async () => {
    const { env, manager } = await setUpLive();
    const deleted = manager.send('one');
    manager.dropMessage(deleted.message?.id ?? '');
    expect(await codeOf(deleted)).toBe('dropped');
    env.emit('offline');
    const old = manager.send('two');
    await env.advance(24 * 3_600_000 + 1_000);
    env.emit('online');
    await settled();
    env.socket.accept();
    env.socket.welcome();
    expect(await codeOf(old)).toBe('expired');
  });

  it('is refused when the connection ends, and stays for the next one', async () => {
    const { env, manager } = await setUpLive();
    const sent = manager.send('one');
    env.socket.drop(1008, 'Session revoked');
    expect(await codeOf(sent)).toBe('disconnected');
    expect(manager.getSnapshot().outbox).toHaveLength(1);
    expect(await codeOf(manager.send('two'))).toBe('disconnected');
  });

  it.each([
    ['', 'empty'],
    ['a'.repeat(4_001), 'too_long'],
  ])('that cannot be taken is refused at once (%#)', async (text, code) => {
    const { manager } = setUp();
    const sent = manager.send(text);
    expect(sent.message).toBeNull();
    expect(await codeOf(sent)).toBe(code);
  });
});
