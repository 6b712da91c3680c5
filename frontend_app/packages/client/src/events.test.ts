// What listeners hear: messages once and in order, presence, states with their reason, and closes to come.
import { describe, expect, it, vi } from 'vitest';
import { nextSocket, settled, setUp, setUpLive } from '../test/fake-environment.ts';
import { messageOf, SESSION, update } from '../test/fake-socket.ts';
import type { Events } from './events.ts';
import type { WebSocketManager } from './websocket.ts';

const PRESENCE = {
  people: [{ id: 'u-leo', name: 'leo', role: 'editor', typing: true }],
  count: 1,
};

function record<Name extends keyof Events>(manager: WebSocketManager, name: Name) {
  const received: Events[Name][] = [];
  manager.on(name, value => received.push(value));
  return received;
}

const revisionsOf = (received: Events['message'][]) => received.map(({ revision }) => revision);

describe('the event "message"', () => {
  it('comes once for each message, in order, and not for those of the first answer', async () => {
    const { env, manager } = setUp();
    const received = record(manager, 'message');
    manager.connect('pancakes').catch(() => {});
    await settled();
    env.socket.accept();
    env.socket.welcome({ revision: 2, messages: [messageOf(1), messageOf(2)] });
    expect(received).toEqual([]);
    env.socket.say('recipe_update', update({ revision: 3, message: messageOf(3) }));
    env.socket.say('recipe_update', update({ revision: 3, message: messageOf(3) }));
    env.socket.say(
      'recipe_update',
      update({ revision: 5, messages: [messageOf(4)], message: messageOf(5) }),
    );
    expect(revisionsOf(received)).toEqual([3, 4, 5]);
  });

  it('comes for what was missed, also when the server begins anew', async () => {
    const { env, manager } = await setUpLive({});
    const received = record(manager, 'message');
    env.socket.drop();
    await nextSocket(env, manager);
    env.socket.accept();
    const messages = [messageOf(1), messageOf(2)];
    env.socket.welcome({ revision: 2, recovered: false, messages });
    expect(revisionsOf(received)).toEqual([2]);
  });

  it('does not come for pages of earlier messages', async () => {
    const { env, manager } = await setUpLive();
    env.socket.say(
      'recipe_update',
      update({ revision: 9, messages_truncated: true, message: messageOf(9) }),
    );
    const received = record(manager, 'message');
    manager.addOlder('pancakes', [messageOf(8)]);
    expect(manager.getSnapshot().messages).toHaveLength(2);
    expect(received).toEqual([]);
  });

  it('carries suggestions and changes', async () => {
    const { env, manager } = await setUpLive();
    const received = record(manager, 'message');
    const changes = [{ op: 'added', what: 'ingredient', id: 'i3' }];
    const message = messageOf(2, { suggestions: ['add 2 onions'], changes });
    env.socket.say('recipe_update', update({ revision: 2, message }));
    expect(received).toMatchObject([{ suggestions: ['add 2 onions'], changes }]);
  });
});

describe('the event "presence"', () => {
  it('says who is here; the snapshot keeps it over an outage, and until the connection ends', async () => {
    const { env, manager } = await setUpLive();
    const received = record(manager, 'presence');
    expect(manager.getSnapshot().presence).toBeNull();
    env.socket.say('presence', PRESENCE);
    env.socket.say('presence', { people: 'nobody', count: 0 });
    env.socket.drop();
    expect(manager.getSnapshot().presence).toEqual(PRESENCE);
    manager.disconnect();
    expect(manager.getSnapshot().presence).toBeNull();
    expect(received).toEqual([PRESENCE]);
  });
});

describe('the event "state"', () => {
  it('says why there is no connection', async () => {
    const { env, manager } = setUp();
    const received = record(manager, 'state');
    manager.connect('pancakes').catch(() => {});
    await settled();
    env.socket.accept();
    env.socket.welcome();
    env.socket.drop(1012, 'Service restart');
    const restart = { code: 1012, reason: 'Service restart' };
    expect(received.map(({ state, reason }) => [state, reason])).toEqual([
      ['connecting', null],
      ['authenticating', null],
      ['authenticated', null],
      ['reconnecting', restart],
    ]);
    expect(received.at(-1)?.previous).toBe('authenticated');
    expect(manager.getSnapshot().reason).toEqual(restart);
    manager.disconnect();
    expect(received.at(-1)).toMatchObject({
      state: 'disconnected',
      reason: { code: 0, reason: 'Disconnected' },
    });
  });

  it.each([
    ['offline', 'Offline'],
    ['frozen', 'Suspended'],
  ] as const)('names %s', async (change, reason) => {
    const { env, manager } = await setUpLive();
    const received = record(manager, 'state');
    env.emit(change);
    expect(received).toMatchObject([{ state: 'reconnecting', reason: { code: 0, reason } }]);
  });

  it('names a dead link and a server that does not answer', async () => {
    const { env, manager } = await setUpLive();
    const received = record(manager, 'state');
    await env.advance(35_000);
    expect(received[0]).toMatchObject({ reason: { reason: 'No answer to ping' } });
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await nextSocket(env, manager);
      env.socket.accept();
      await env.advance(5_000);
    }
    expect(received.at(-1)).toMatchObject({
      state: 'disconnected',
      reason: { code: 0, reason: 'No answer to auth', action: 'try_again' },
    });
  });
});

describe('the event "closing"', () => {
  it('brings what the server says before it closes', async () => {
    const { env, manager } = await setUpLive();
    const received = record(manager, 'closing');
    const closing = { code: 1008, reason: 'Not allowed', action: 'stop', connection: 'c-1' };
    env.socket.say('closing', closing);
    expect(received).toEqual([closing]);
    expect(manager.getSnapshot().ending).toMatchObject({ reason: 'Not allowed', action: 'leave' });
  });
});

describe('a listener', () => {
  it('that throws disturbs nobody, and is reported to onError', async () => {
    const onError = vi.fn();
    const { env, manager } = await setUpLive({ onError });
    const bug = new Error('bug');
    manager.on('message', () => {
      throw bug;
    });
    const received = record(manager, 'message');
    env.socket.say('recipe_update', update({ revision: 2, message: messageOf(2) }));
    expect(onError.mock.calls).toEqual([[bug]]);
    expect(revisionsOf(received)).toEqual([2]);
  });

  it('hears nothing more once it is taken away, and may answer from within', async () => {
    const { env, manager } = await setUpLive();
    const received: number[] = [];
    const stop = manager.on('message', ({ revision }) => {
      received.push(revision);
      manager.send(`answer to ${revision}`);
    });
    env.socket.say('recipe_update', update({ revision: 2, message: messageOf(2) }));
    stop();
    env.socket.say('recipe_update', update({ revision: 3, message: messageOf(3) }));
    expect(received).toEqual([2]);
    expect(env.socket.last).toMatchObject({ payload: { content: 'answer to 2' } });
  });
});

describe('a session', () => {
  it('that changes without a question is taken over', async () => {
    const { env, manager } = await setUpLive();
    env.socket.say('recipe_update', update({ session: { ...SESSION, role: 'viewer' } }));
    expect(manager.getSnapshot()).toMatchObject({
      state: 'authenticated',
      session: { role: 'viewer' },
      revision: 1,
    });
  });
});

describe('typing', () => {
  it('is not sent to a server that sends no presence', async () => {
    const { env, manager } = await setUpLive();
    manager.typing();
    expect(env.socket.ofType('typing')).toEqual([]);
  });

  it('is sent at most once in three seconds, and only on a connection', async () => {
    const { env, manager } = await setUpLive();
    env.socket.say('presence', PRESENCE);
    const sent = () => env.socket.ofType('typing').length;
    for (let key = 0; key < 5; key += 1) manager.typing();
    expect(sent()).toBe(1);
    await env.advance(2_999);
    manager.typing();
    expect(sent()).toBe(1);
    await env.advance(1);
    manager.typing();
    expect(sent()).toBe(2);
    env.socket.drop();
    manager.typing();
    expect(sent()).toBe(2);
  });
});
