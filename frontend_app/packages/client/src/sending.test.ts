// Messages that are being sent: none lost, none stored twice, in order, within bounds.
import { describe, expect, it } from 'vitest';
import { advanceAlive, nextSocket, settled, setUp, setUpLive } from '../test/fake-environment.ts';
import { messageOf, update } from '../test/fake-socket.ts';
import type { OutboxStore } from './options.ts';
import { add, expire, type OutboxMessage, restore } from './outbox.ts';

type Live = Awaited<ReturnType<typeof setUpLive>>;

function echo({ env }: Live, id: string, revision: number) {
  const author = { id: 'u-ada', name: 'ada' };
  const message = messageOf(revision, { id, author });
  env.socket.say('recipe_update', update({ revision, message, in_reply_to: id }));
}

async function comeBack({ env, manager }: Live, more = {}) {
  await nextSocket(env, manager);
  env.socket.accept();
  await settled();
  env.socket.welcome(more);
}

const chats = ({ env }: Live) =>
  env.socket.ofType('chat_message').map(({ payload }) => payload.content);

describe('sending', () => {
  it('removes a message from the outbox when the server echoes it', async () => {
    const live = await setUpLive();
    const sent = live.manager.sendMessage(' add salt ');
    expect(live.env.socket.last).toMatchObject({
      type: 'chat_message',
      payload: { content: 'add salt' },
    });
    expect(live.manager.getSnapshot().outbox).toMatchObject([
      { status: 'sent', content: 'add salt' },
    ]);
    echo(live, sent.ok ? sent.id : '', 2);
    expect(live.manager.getSnapshot()).toMatchObject({ outbox: [], messages: [{ revision: 2 }] });
  });

  it('sends U+FFFD for half an emoji, also in a message that was left before a reload', async () => {
    const store: OutboxStore = {
      load: async () => [{ id: 'x', content: 'saved \udd5e', createdAt: 1_000, status: 'queued' }],
      save() {},
    };
    const live = await setUpLive({ storage: store });
    live.manager.sendMessage('half \ud83d, whole 🥞');
    expect(chats(live).sort()).toEqual(['half \ufffd, whole 🥞', 'saved \ufffd']);
  });

  it('keeps what is written before the first sign-in', async () => {
    const live = setUp();
    live.manager.connect('pancakes').catch(() => {});
    live.manager.sendMessage('early');
    await settled();
    live.env.socket.accept();
    await settled();
    expect(chats(live)).toEqual([]);
    live.env.socket.welcome();
    expect(chats(live)).toEqual(['early']);
  });

  it('sends again after a lost connection, with the same id, in the same order', async () => {
    const live = await setUpLive();
    for (const word of ['one', 'two', 'three']) live.manager.sendMessage(word);
    const ids = live.manager.getSnapshot().outbox.map(({ id }) => id);
    echo(live, ids[0] ?? '', 2);
    live.env.socket.drop();
    live.manager.sendMessage('four');
    await comeBack(live, {
      revision: 3,
      messages: [messageOf(3, { id: ids[1], author: { id: 'u-ada', name: 'ada' } })],
    });
    expect(chats(live)).toEqual(['three', 'four']);
    expect(live.env.socket.ofType('chat_message')[0]?.id).toBe(ids[2]);
  });

  it('has at most 8 unanswered', async () => {
    const live = await setUpLive();
    for (let n = 1; n <= 20; n += 1) live.manager.sendMessage(`m${n}`);
    expect(chats(live)).toHaveLength(8);
    echo(live, live.manager.getSnapshot().outbox[0]?.id ?? '', 2);
    expect(chats(live)).toHaveLength(9);
  });

  it('takes at most 100 messages, and refuses the rest', async () => {
    const { env, manager } = await setUpLive();
    env.socket.drop();
    for (let n = 0; n < 100; n += 1) expect(manager.sendMessage(`m${n}`).ok).toBe(true);
    expect(manager.sendMessage('one too many')).toEqual({ ok: false, reason: 'queue_full' });
  });

  it('marks a message that is refused, and sends it again when told to', async () => {
    const live = await setUpLive();
    const { env, manager } = live;
    manager.sendMessage('rude');
    const [{ id } = { id: '' }] = manager.getSnapshot().outbox;
    env.socket.say('error', {
      code: 'forbidden',
      message: 'No.',
      retryable: false,
      in_reply_to: id,
    });
    expect(manager.getSnapshot().outbox).toMatchObject([
      { status: 'failed', failure: { code: 'forbidden', message: 'No.' } },
    ]);
    manager.retryMessage(id);
    expect(env.socket.ofType('chat_message').map(frame => frame.id)).toEqual([id, id]);
    manager.dropMessage(id);
    expect(manager.getSnapshot().outbox).toEqual([]);
  });

  it('takes a new id for a message whose id is in conflict, and retries all that failed', async () => {
    const { env, manager } = await setUpLive();
    manager.sendMessage('one');
    manager.sendMessage('two');
    const ids = manager.getSnapshot().outbox.map(({ id }) => id);
    for (const in_reply_to of ids) {
      env.socket.say('error', { code: 'conflict', message: '', retryable: false, in_reply_to });
    }
    manager.retryAll();
    const again = manager.getSnapshot().outbox;
    expect(again.map(({ content, status }) => [content, status])).toEqual([
      ['one', 'sent'],
      ['two', 'sent'],
    ]);
    expect(again.some(({ id }) => ids.includes(id))).toBe(false);
  });

  it('pauses as long as the server says when it was too fast, then sends one at a time', async () => {
    const live = await setUpLive();
    const { env, manager } = live;
    for (let n = 1; n <= 4; n += 1) manager.sendMessage(`m${n}`);
    for (const { id } of manager.getSnapshot().outbox) {
      env.socket.say('error', {
        code: 'rate_limited',
        message: '',
        retryable: true,
        retry_after_ms: 1_000,
        in_reply_to: id,
      });
    }
    await env.advance(1_249);
    expect(chats(live)).toHaveLength(4);
    await env.advance(1);
    expect(chats(live)).toEqual(['m1', 'm2', 'm3', 'm4', 'm1']);
    echo(live, manager.getSnapshot().outbox[0]?.id ?? '', 2);
    expect(chats(live).at(-1)).toBe('m2');
  });

  it('keeps the pause over a reconnection', async () => {
    const live = await setUpLive();
    live.manager.sendMessage('wait');
    const [{ id } = { id: '' }] = live.manager.getSnapshot().outbox;
    live.env.socket.say('error', {
      code: 'rate_limited',
      message: '',
      retryable: true,
      retry_after_ms: 60_000,
      in_reply_to: id,
    });
    live.env.socket.drop();
    await comeBack(live);
    expect(chats(live)).toEqual([]);
    await advanceAlive(live.env, 91_000);
    expect(chats(live)).toEqual(['wait']);
  });

  it('sends a message again by itself when a service behind the edge was away', async () => {
    const live = await setUpLive();
    live.manager.sendMessage('hello');
    const [{ id } = { id: '' }] = live.manager.getSnapshot().outbox;
    live.env.socket.say('error', {
      code: 'unavailable',
      message: '',
      retryable: true,
      in_reply_to: id,
    });
    await live.env.advance(2_000);
    expect(chats(live)).toEqual(['hello', 'hello']);
  });

  it('gives up after a day, but keeps the text', () => {
    const outbox = add([], 'a', 'old', 0);
    const aged = expire(outbox, 24 * 3_600_000 + 1);
    expect(aged).toMatchObject([
      { status: 'failed', content: 'old', failure: { code: 'expired' } },
    ]);
    expect(expire(outbox, 1_000)).toBe(outbox);
  });

  it("does not take another person's message for its own echo", async () => {
    const { env, manager } = await setUpLive();
    manager.sendMessage('mine');
    const [{ id } = { id: '' }] = manager.getSnapshot().outbox;
    env.socket.say('recipe_update', update({ revision: 2, message: messageOf(2, { id }) }));
    expect(manager.getSnapshot().outbox).toHaveLength(1);
  });
});

describe('a reload', () => {
  const saved = (id: string): OutboxMessage => ({
    id,
    content: `saved ${id}`,
    createdAt: 1_000_000,
    status: 'sent',
    sentAt: 5,
  });

  it('restores what was not sent, before what was written since', async () => {
    const calls: string[][] = [];
    const store: OutboxStore = {
      load: async () => [saved('a'), saved('b')],
      save: (_, before, after) =>
        calls.push([before, after].map(list => list.map(({ id }) => id).join('+'))),
    };
    const live = setUp({ storage: store });
    live.manager.connect('pancakes').catch(() => {});
    const sent = live.manager.sendMessage('newer');
    const first = sent.ok ? sent.id : '';
    await settled();
    live.env.socket.accept();
    await settled();
    live.env.socket.welcome();
    expect(chats(live)).toEqual(['saved a', 'saved b', 'newer']);
    expect(calls.slice(0, 2)).toEqual([
      ['', first],
      [first, `a+b+${first}`],
    ]);
  });

  it('does not save unsent messages again when the person leaves', async () => {
    const saves: string[] = [];
    const store: OutboxStore = {
      load: async () => [],
      save: (_, __, after) => saves.push(after.map(({ content }) => content).join('+')),
    };
    const { env, manager } = await setUpLive({ storage: store });
    manager.sendMessage('secret');
    const written = saves.length;
    env.socket.drop();
    manager.disconnect();
    expect(saves).toHaveLength(written);
  });

  it('restores nothing into another recipe, and nothing twice', async () => {
    let answer: (messages: OutboxMessage[]) => void = () => {};
    const store: OutboxStore = {
      load: recipe =>
        recipe === 'pancakes'
          ? new Promise(resolve => {
              answer = resolve;
            })
          : Promise.reject(new Error('no storage')),
      save: () => {},
    };
    const { manager } = setUp({ storage: store });
    manager.connect('pancakes').catch(() => {});
    manager.connect('waffles').catch(() => {});
    answer([saved('a')]);
    await settled();
    expect(manager.getSnapshot().outbox).toEqual([]);
    const outbox = restore([], [saved('a')]);
    expect(restore(outbox, [saved('a')])).toBe(outbox);
  });
});
