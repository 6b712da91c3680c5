// @vitest-environment happy-dom
// The two tests that the protocol's design came with, and what the public surface of the client promises.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { messageOf, recipeOf, update } from '../../test/fake-socket';
import { settled, setUp, setUpLive } from '../../test/fake-world';
import { WebSocketManager } from './websocket';

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
  it('walks through the states that the person is shown', async () => {
    const { world, manager } = setUp();
    expect(manager.state).toBe('disconnected');
    const connecting = manager.connect('pancakes');
    expect(manager.state).toBe('connecting');
    await settled();
    world.socket.accept();
    expect(manager.state).toBe('authenticating');
    await connecting;
    world.socket.welcome();
    expect(manager.state).toBe('authenticated');
    world.socket.drop();
    expect(manager.state).toBe('reconnecting');
    manager.disconnect();
    expect(manager.state).toBe('disconnected');
  });

  it('resolves whenAuthenticated with the first recipe update', async () => {
    const { world, manager } = setUp();
    let live = false;
    void manager.connect('pancakes');
    manager.whenAuthenticated().then(() => {
      live = true;
    });
    await settled();
    world.socket.accept();
    await settled();
    expect(live).toBe(false);
    world.socket.welcome();
    await settled();
    expect(live).toBe(true);
  });

  it('rejects what waits for a connection that ends first', async () => {
    const { manager } = setUp();
    const connecting = manager.connect('pancakes');
    const live = manager.whenAuthenticated();
    manager.disconnect();
    await expect(connecting).rejects.toThrow();
    await expect(live).rejects.toThrow();
  });

  it('keeps the latest request alive when connect is called twice', async () => {
    const { world, manager } = setUp();
    manager.connect('pancakes').catch(() => {});
    const second = manager.connect('waffles');
    await settled();
    world.socket.accept();
    await second;
    expect(world.live).toHaveLength(1);
    expect(world.socket.recipeId).toBe('waffles');
  });

  it('refuses messages that the server would refuse, and says why', async () => {
    const { manager } = await setUpLive();
    expect(manager.sendMessage('   ')).toEqual({ ok: false, reason: 'empty' });
    expect(manager.sendMessage('a'.repeat(4001))).toEqual({ ok: false, reason: 'too_long' });
    expect(manager.sendMessage('🥞'.repeat(4000))).toMatchObject({ ok: true });
    manager.disconnect();
    expect(manager.sendMessage('hello')).toEqual({ ok: false, reason: 'disconnected' });
  });

  it('calls listeners once for a burst, with a snapshot that is current and immutable', async () => {
    const { world, manager } = await setUpLive();
    const listener = vi.fn();
    const before = manager.getSnapshot();
    const stop = manager.subscribe(listener);
    for (let revision = 2; revision < 102; revision += 1) {
      world.socket.say('recipe_update', update({ revision, message: messageOf(revision) }));
    }
    expect(manager.getSnapshot().messages).toHaveLength(100);
    expect(manager.getSnapshot()).toBe(manager.getSnapshot());
    expect(before.messages).toHaveLength(0);
    await settled();
    expect(listener).toHaveBeenCalledTimes(1);
    stop();
    world.socket.say('recipe_update', update({ revision: 102, recipe: recipeOf({ servings: 2 }) }));
    await settled();
    expect(listener).toHaveBeenCalledTimes(1);
  });

  it('survives anything that a server may say, and counts what it did not understand', async () => {
    const { world, manager } = await setUpLive();
    for (const noise of ['{', '[]', 'null', '{"type":"recipe_update"}', '{"type":1,"id":"x"}']) {
      world.socket.sayRaw(noise);
    }
    world.socket.say('recipe_update', { revision: 'two' });
    world.socket.say('from_the_future', { anything: true });
    expect(manager.state).toBe('authenticated');
    expect(manager.report()['noise']).toBe(7);
  });

  it('stops at a frame that no server of ours sends', async () => {
    const { world, manager } = await setUpLive();
    world.socket.sayRaw('x'.repeat(1_048_577));
    expect(manager.state).toBe('disconnected');
    expect(manager.getSnapshot().ending).toMatchObject({ code: 1009, action: 'try_again' });
    expect(world.live).toHaveLength(0);
  });

  it('reports what happened without a token or a text', async () => {
    const { world, tokens, manager } = await setUpLive();
    tokens.give = async () => 'secret-token';
    world.socket.say('auth_required', {
      reason: 'Token expiring soon',
      expires_at: '2026-11-22T20:36:32.000Z',
    });
    manager.sendMessage('my secret sauce');
    await settled();
    const report = JSON.stringify(manager.report());
    expect(world.socket.ofType('auth').at(-1)?.payload.token).toBe('secret-token');
    expect(manager.report()).toMatchObject({ messages: 0, unsent: [{ status: 'sent' }] });
    expect(report).toContain('auth_required');
    expect(report).toContain('chat_message');
    expect(report).not.toMatch(/secret/);
    expect(report).not.toMatch(/token-0|Pancakes|ada/);
    expect((manager.report()['diary'] as unknown[]).length).toBeLessThanOrEqual(200);
  });

  it('goes on when the clock is set back by an hour', async () => {
    const { world, manager } = await setUpLive();
    world.socket.drop();
    world.clockError = -3_600_000;
    await world.pass(2_000);
    world.socket.accept();
    await settled();
    world.socket.welcome();
    expect(manager.state).toBe('authenticated');
    await world.pass(25_000);
    expect(world.socket.ofType('ping')).toHaveLength(1);
    await world.pass(10_000);
    expect(manager.state).toBe('reconnecting');
  });

  it('never changes a snapshot that it gave out, and tells nobody of nothing', async () => {
    const { world, manager } = await setUpLive();
    const listener = vi.fn();
    manager.subscribe(listener);
    const before = manager.getSnapshot();
    const copy = structuredClone(before);
    world.socket.say('pong', {});
    world.socket.say('from_the_future', {});
    await settled();
    expect(manager.getSnapshot()).toBe(before);
    expect(listener).not.toHaveBeenCalled();
    manager.sendMessage('hello');
    world.socket.drop();
    expect(before).toEqual(copy);
  });

  it('treats a socket that cannot be made like one that broke', async () => {
    const { world, manager } = setUp();
    world.openSocket = () => {
      throw new SyntaxError('bad address');
    };
    manager.connect('pancakes').catch(() => {});
    await settled();
    expect(manager.state).toBe('reconnecting');
    manager[Symbol.dispose]();
    expect(world.timers.size).toBe(0);
  });
});
