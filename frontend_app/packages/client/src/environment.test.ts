// Where there is no page: the options say what is needed, and nothing is looked up that may be missing.
import { describe, expect, it, vi } from 'vitest';
import { settled, setUp } from '../test/fake-environment.ts';
import { WebSocketManager } from './websocket.ts';

class SilentSocket {
  static opened: SilentSocket[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  readonly sent: string[] = [];
  readonly url: string;
  readonly protocol: string;

  constructor(url: string, protocol: string) {
    this.url = url;
    this.protocol = protocol;
    SilentSocket.opened.push(this);
  }

  send(data: string) {
    this.sent.push(data);
  }

  close() {}
}

describe('outside a page', () => {
  it.each([
    ['http://127.0.0.1:8080', 'ws://127.0.0.1:8080/v1/chat/a%20b'],
    ['https://recipes.example/', 'wss://recipes.example/v1/chat/a%20b'],
    ['wss://host.example/recipes', 'wss://host.example/recipes/v1/chat/a%20b'],
    [new URL('https://recipes.example'), 'wss://recipes.example/v1/chat/a%20b'],
  ])('connects to the server at %s', async (url, address) => {
    const manager = new WebSocketManager({ url, WebSocket: SilentSocket, getToken: () => 'token' });
    const connected = manager.connect('a b');
    await settled();
    const socket = SilentSocket.opened.at(-1);
    expect(socket).toMatchObject({ url: address, protocol: 'recipe-chat.v1' });
    socket?.onopen?.();
    await connected;
    expect(JSON.parse(socket?.sent[0] ?? '')).toMatchObject({ payload: { token: 'token' } });
    manager.disconnect();
  });

  it('says which option is missing', async () => {
    vi.stubGlobal('WebSocket', undefined);
    const url = 'http://127.0.0.1:8080';
    await expect(new WebSocketManager().connect('r')).rejects.toThrow('Missing option: url');
    const manager = new WebSocketManager({ url });
    await expect(manager.connect('r')).rejects.toThrow('Missing option: WebSocket');
    expect(manager.state).toBe('disconnected');
  });

  it('makes ids where there is no crypto', async () => {
    vi.stubGlobal('crypto', undefined);
    const { manager } = setUp();
    manager.connect('pancakes').catch(() => {});
    const ids = [manager.send('one'), manager.send('two')].map(({ message }) => message?.id);
    expect(ids[0]).toMatch(/^\d+-\d+-\d+-\d+$/);
    expect(ids[1]).not.toBe(ids[0]);
  });
});

describe('errors of what the app brings along', () => {
  it('of getToken are reported, but nothing that came too late', async () => {
    const onError = vi.fn();
    const { env, tokens, manager } = setUp({ onError });
    const [refused, late] = [new Error('status 503'), new Error('late')];
    tokens.respond = () => Promise.reject(refused);
    manager.connect('pancakes').catch(() => {});
    await settled();
    expect(onError.mock.calls).toEqual([[refused]]);
    let reject = (_: Error) => {};
    tokens.respond = () => new Promise((_, no) => (reject = no));
    await env.advance(2_000);
    manager.disconnect();
    reject(late);
    await settled();
    expect(onError).toHaveBeenCalledTimes(1);
  });

  it('of the storage and of sockets are reported', async () => {
    const onError = vi.fn();
    const [broken, refused] = [new Error('quota'), new SyntaxError('bad address')];
    const storage = { load: () => Promise.reject(broken), save() {} };
    const { env, manager } = setUp({ onError, storage });
    env.openSocket = () => {
      throw refused;
    };
    manager.connect('pancakes').catch(() => {});
    await settled();
    expect(onError.mock.calls.flat()).toEqual(expect.arrayContaining([broken, refused]));
  });

  it('asks getToken with the reason', async () => {
    const { env, tokens, manager } = setUp();
    const connecting = manager.connect('pancakes');
    await settled();
    env.socket.accept();
    env.socket.welcome();
    await connecting;
    const expires_at = '2026-11-22T20:36:32.000Z';
    env.socket.say('auth_required', { reason: 'Token expiring soon', expires_at });
    await settled();
    env.socket.welcome();
    env.socket.drop(1008, 'Re-authentication timeout');
    await settled();
    expect(tokens.requests.map(({ reason, forceRefresh }) => [reason, forceRefresh])).toEqual([
      ['connect', false],
      ['auth_required', true],
      ['rejected', true],
    ]);
    tokens.respond = () => {
      // Of another copy of the package.
      class Unauthorized extends Error {
        override name = 'Unauthorized';
      }
      throw new Unauthorized('signed out');
    };
    env.socket.drop();
    await env.advance(2_000);
    expect(manager.getSnapshot()).toMatchObject({
      reason: { reason: 'Unauthorized' },
      ending: { action: 'sign_in' },
    });
  });

  it('says in a report why there is no connection, also without an observer', async () => {
    const { tokens, manager } = setUp({ observer: undefined });
    tokens.respond = () => Promise.reject(new Error('status 503'));
    manager.connect('pancakes').catch(() => {});
    await settled();
    expect(manager.report()).toMatchObject({ state: 'reconnecting', code: 0, reason: 'No token' });
  });
});
