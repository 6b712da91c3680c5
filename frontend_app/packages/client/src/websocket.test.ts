// @vitest-environment happy-dom
// The two tests that came with the protocol's design, and the public surface of the client.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { settled, setUp, setUpLive } from '../test/fake-environment.ts';
import { messageOf, recipeOf, update } from '../test/fake-socket.ts';
import { WebSocketManager } from './websocket.ts';

class MockWebSocket {
  static last: MockWebSocket;
  sentMessages: { type: string; payload: Record<string, unknown> }[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  url: string;

  constructor(url: string) {
    this.url = url;
    MockWebSocket.last = this;
    queueMicrotask(() => this.onopen?.());
  }

  send(data: string) {
    this.sentMessages.push(JSON.parse(data));
  }

  close() {}
}

describe('WebSocketManager', () => {
  beforeEach(() => {
    vi.stubGlobal('WebSocket', MockWebSocket);
    localStorage.clear();
    localStorage.setItem('access_token', 'mock-token');
  });

  it('sends auth message on connect', async () => {
    const manager = new WebSocketManager();

    await manager.connect('recipe-123');

    expect(MockWebSocket.last.sentMessages[0]).toMatchObject({
      type: 'auth',
      payload: { token: 'mock-token' },
    });
    expect(MockWebSocket.last.url).toMatch(/\/v1\/chat\/recipe-123$/);
    manager.disconnect();
  });

  it('handles auth timeout', async () => {
    vi.useFakeTimers();
    const manager = new WebSocketManager();

    await manager.connect('recipe-123');
    vi.advanceTimersByTime(5001);

    expect(manager.state).toBe('disconnected');
    vi.useRealTimers();
  });
});

describe('the client', () => {
  it('goes through the states that the person is shown', async () => {
    const { env, manager } = setUp();
    expect(manager.state).toBe('disconnected');
    const connecting = manager.connect('pancakes');
    expect(manager.state).toBe('connecting');
    await settled();
    env.socket.accept();
    expect(manager.state).toBe('authenticating');
    await connecting;
    env.socket.welcome();
    expect(manager.state).toBe('authenticated');
    env.socket.drop();
    expect(manager.state).toBe('reconnecting');
    manager.disconnect();
    expect(manager.state).toBe('disconnected');
  });

  it('resolves whenAuthenticated with the first recipe update', async () => {
    const { env, manager } = setUp();
    let live = false;
    void manager.connect('pancakes');
    manager.whenAuthenticated().then(() => {
      live = true;
    });
    await settled();
    env.socket.accept();
    await settled();
    expect(live).toBe(false);
    env.socket.welcome();
    await settled();
    expect(live).toBe(true);
  });

  it('rejects promises of a connection that ends before', async () => {
    const { manager } = setUp();
    const connecting = manager.connect('pancakes');
    const live = manager.whenAuthenticated();
    manager.disconnect();
    await expect(connecting).rejects.toThrow();
    await expect(live).rejects.toThrow();
  });

  it('keeps the latest request alive when connect is called twice', async () => {
    const { env, manager } = setUp();
    manager.connect('pancakes').catch(() => {});
    const second = manager.connect('waffles');
    await settled();
    env.socket.accept();
    await second;
    expect(env.live).toHaveLength(1);
    expect(env.socket.recipeId).toBe('waffles');
  });

  it('is led to another recipe by a listener', async () => {
    const { env, manager } = setUp();
    const led: Promise<void>[] = [];
    manager.on('state', ({ state }) => {
      if (state === 'authenticated' && led.length === 0) led.push(manager.connect('waffles'));
    });
    manager.connect('pancakes').catch(() => {});
    for (let round = 0; round < 2; round += 1) {
      await settled();
      env.socket.accept();
      env.socket.welcome();
    }
    await led[0];
    expect(env.live.map(({ recipeId }) => recipeId)).toEqual(['waffles']);
  });

  it('refuses messages that the server would refuse, with the reason', async () => {
    const { manager } = await setUpLive();
    expect(manager.sendMessage('   ')).toEqual({ ok: false, reason: 'empty' });
    expect(manager.sendMessage('a'.repeat(4001))).toEqual({ ok: false, reason: 'too_long' });
    expect(manager.sendMessage('🥞'.repeat(4000))).toMatchObject({ ok: true });
    manager.disconnect();
    expect(manager.sendMessage('hello')).toEqual({ ok: false, reason: 'disconnected' });
  });

  it('calls listeners once for a burst, with a snapshot that is current and immutable', async () => {
    const { env, manager } = await setUpLive();
    const listener = vi.fn();
    const before = manager.getSnapshot();
    const stop = manager.subscribe(listener);
    for (let revision = 2; revision < 102; revision += 1) {
      env.socket.say('recipe_update', update({ revision, message: messageOf(revision) }));
    }
    expect(manager.getSnapshot().messages).toHaveLength(100);
    expect(manager.getSnapshot()).toBe(manager.getSnapshot());
    expect(before.messages).toHaveLength(0);
    await settled();
    expect(listener).toHaveBeenCalledTimes(1);
    stop();
    env.socket.say('recipe_update', update({ revision: 102, recipe: recipeOf({ servings: 2 }) }));
    await settled();
    expect(listener).toHaveBeenCalledTimes(1);
  });

  it('ignores invalid frames, and counts them', async () => {
    const { env, manager } = await setUpLive();
    for (const frame of ['{', '[]', 'null', '{"type":"recipe_update"}', '{"type":1,"id":"x"}']) {
      env.socket.sayRaw(frame);
    }
    env.socket.say('recipe_update', { revision: 'two' });
    env.socket.say('from_the_future', { anything: true });
    expect(manager.state).toBe('authenticated');
    expect(manager.report()['invalidFrames']).toBe(7);
  });

  it.each(['{', '[]', 'null', '7', '{"type":"recipe_update"}', '{"type":"toString","payload":{}}'])(
    'takes frames unchecked unless told otherwise, but not %s',
    async data => {
      const { env, manager } = await setUpLive({ readFrame: undefined });
      env.socket.sayRaw(data);
      expect(manager.report()['invalidFrames']).toBe(1);
      env.socket.say('recipe_update', update({ revision: 2, message: messageOf(2) }));
      expect(manager.getSnapshot().messages).toHaveLength(1);
    },
  );

  it('goes on after a frame that its rules cannot follow, and says so', async () => {
    const onError = vi.fn();
    const { env, manager } = await setUpLive({ readFrame: undefined, onError });
    const before = manager.getSnapshot();
    env.socket.say('recipe_update', { revision: 2, messages: [null] });
    expect(onError).toHaveBeenCalledWith(expect.any(TypeError));
    expect(manager.getSnapshot()).toBe(before);
    env.socket.say('recipe_update', update({ revision: 2, message: messageOf(2) }));
    expect(manager.getSnapshot().messages).toHaveLength(1);
  });

  it('reports the last events without a token or a text', async () => {
    const { env, tokens, manager } = await setUpLive();
    tokens.respond = async () => 'secret-token';
    env.socket.say('auth_required', {
      reason: 'Token expiring soon',
      expires_at: '2026-11-22T20:36:32.000Z',
    });
    manager.sendMessage('my secret sauce');
    await settled();
    const report = JSON.stringify(manager.report());
    expect(env.socket.ofType('auth').at(-1)?.payload.token).toBe('secret-token');
    expect(manager.report()).toMatchObject({ messages: 0, unsent: [{ status: 'sent' }] });
    expect(report).toContain('auth_required');
    expect(report).toContain('chat_message');
    expect(report).not.toMatch(/secret/);
    expect(report).not.toMatch(/token-0|Pancakes|ada/);
    expect((manager.report()['events'] as unknown[]).length).toBeLessThanOrEqual(200);
  });

  it('goes on when the clock is set back by an hour', async () => {
    const { env, manager } = await setUpLive();
    env.socket.drop();
    env.clockError = -3_600_000;
    await env.advance(2_000);
    env.socket.accept();
    await settled();
    env.socket.welcome();
    expect(manager.state).toBe('authenticated');
    await env.advance(25_000);
    expect(env.socket.ofType('ping')).toHaveLength(1);
    await env.advance(10_000);
    expect(manager.state).toBe('reconnecting');
  });

  it('never changes a snapshot, and calls no listener without a change', async () => {
    const { env, manager } = await setUpLive();
    const listener = vi.fn();
    manager.subscribe(listener);
    const before = manager.getSnapshot();
    const copy = structuredClone(before);
    env.socket.say('pong', {});
    env.socket.say('from_the_future', {});
    await settled();
    expect(manager.getSnapshot()).toBe(before);
    expect(listener).not.toHaveBeenCalled();
    manager.sendMessage('hello');
    env.socket.drop();
    expect(before).toEqual(copy);
  });

  it('treats a socket that cannot be created like one that broke', async () => {
    const { env, manager } = setUp();
    env.openSocket = () => {
      throw new SyntaxError('bad address');
    };
    manager.connect('pancakes').catch(() => {});
    await settled();
    expect(manager.state).toBe('reconnecting');
    manager[Symbol.dispose]();
    expect(env.timers.size).toBe(0);
  });
});
