// What follows when a connection ends or cannot be made: transitions of the state machine (see the diagram in reduce.ts),
// through the public surface.
import { describe, expect, it } from 'vitest';
import { nextSocket, settled, setUp, setUpLive } from '../test/fake-environment.ts';
import { SESSION } from '../test/fake-socket.ts';
import { judgeClose } from './closes.ts';

describe('closes', () => {
  it.each([
    [1008, 'Invalid token', 'sign_in'],
    [1008, 'First message must be auth', 'sign_in'],
    [1008, 'Missing auth token', 'sign_in'],
    [1008, 'Token belongs to another user', 'sign_in'],
    [1008, 'Session revoked', 'sign_in'],
    [1008, 'Not allowed', 'leave'],
    [1008, 'Too many invalid messages', 'try_again'],
    [1002, '', 'try_again'],
    [1003, 'Text frames only', 'try_again'],
    [1007, '', 'try_again'],
    [1009, '', 'try_again'],
  ])('%i %s is final: %s', async (code, reason, action) => {
    const { env, manager } = await setUpLive();
    env.socket.drop(code, reason);
    expect(manager.state).toBe('disconnected');
    expect(manager.getSnapshot().ending).toEqual({ code, reason, action });
    expect(env.timers.size + env.listeners.size).toBe(0);
  });

  it.each([1000, 1001, 1005, 1006, 1011, 1012, 1013, 1014, 4999])(
    '%i is answered by another attempt',
    async code => {
      const { env, manager } = await setUpLive();
      env.socket.drop(code, 'whatever');
      expect(manager.state).toBe('reconnecting');
      await env.advance(2_000);
      expect(env.sockets).toHaveLength(2);
    },
  );

  it.each(['Authentication timeout', 'Re-authentication timeout'])(
    '1008 %s: one forced refresh and another attempt; a second in a row is final',
    async reason => {
      const { env, tokens, manager } = await setUpLive();
      env.socket.drop(1008, reason);
      expect(tokens.requests.at(-1)).toMatchObject({ forceRefresh: true, staleToken: 'token-0' });
      expect(env.sockets).toHaveLength(1);
      await settled();
      env.socket.accept();
      expect(env.socket.last).toMatchObject({ type: 'auth', payload: { token: 'token-2' } });
      env.socket.drop(1008, reason);
      expect(manager.getSnapshot().ending).toMatchObject({ action: 'sign_in' });
    },
  );

  it('1008 Session moved: starts a new session after a back-off, once, and asks nobody to sign in', async () => {
    const { env, tokens, manager } = await setUpLive();
    env.random = 1;
    env.socket.drop(1008, 'Session moved');
    expect(manager.state).toBe('reconnecting');
    await env.advance(1_999);
    expect(env.sockets).toHaveLength(1);
    await env.advance(1);
    env.socket.accept();
    expect(env.socket.last?.payload).toEqual({ token: 'token-0', revision: 1 });
    expect(tokens.requests.at(-1)).toMatchObject({ forceRefresh: false });
    env.socket.welcome();
    env.socket.drop(1008, 'Session moved');
    expect(manager.getSnapshot().ending).toMatchObject({ action: 'try_again' });
  });

  it('allows another forced refresh after some stable seconds', async () => {
    const { env, manager } = await setUpLive();
    for (const _ of [1, 2, 3]) {
      env.socket.drop(1008, 'Re-authentication timeout');
      await settled();
      env.socket.accept();
      env.socket.welcome();
      await env.advance(10_000);
      expect(manager.state).toBe('authenticated');
    }
  });

  it('allows it too after a successful re-authentication', async () => {
    const { env, manager } = await setUpLive();
    for (const _ of [1, 2]) {
      env.socket.drop(1008, 'Re-authentication timeout');
      await settled();
      env.socket.accept();
      env.socket.welcome();
      const expires_at = '2026-11-22T20:36:32.000Z';
      env.socket.say('auth_required', { reason: 'Token expiring soon', expires_at });
      await settled();
      env.socket.welcome();
      expect(manager.state).toBe('authenticated');
    }
  });

  it('has a verdict for every code', () => {
    for (let code = 1000; code < 5000; code += 1)
      expect(judgeClose(code, '')).toHaveProperty('kind');
  });
});

describe('a closing frame', () => {
  const closing = (more = {}) => ({
    code: 1012,
    reason: 'Service restart',
    action: 'reconnect',
    connection: 'c-7',
    ...more,
  });

  it('says when to connect again, and the client does not connect earlier', async () => {
    const { env, manager } = await setUpLive();
    env.random = 0;
    env.socket.say('closing', closing({ retry_after_ms: 9_000 }));
    env.socket.drop(1012, 'Service restart');
    expect(manager.state).toBe('reconnecting');
    expect(env.live).toHaveLength(0);
    for (const change of ['hidden', 'visible', 'online'] as const) env.emit(change);
    await env.advance(8_999);
    expect(env.sockets).toHaveLength(1);
    await env.advance(1);
    expect(env.sockets).toHaveLength(2);
  });

  it('does not keep the person from trying earlier', async () => {
    const { env, manager } = await setUpLive();
    env.socket.say('closing', closing({ retry_after_ms: 9_000 }));
    manager.retryNow();
    await settled();
    expect(env.sockets).toHaveLength(2);
  });

  it('is followed by a jittered delay, so that not all connect at once', async () => {
    const { env, manager } = await setUpLive();
    env.random = 1;
    env.socket.say('closing', closing({ retry_after_ms: 500 }));
    expect((manager.getSnapshot().retryAt ?? 0) - env.time).toBe(2_000);
  });

  it('delays a forced refresh too', async () => {
    const { env, tokens } = await setUpLive();
    const reason = 'Authentication timeout';
    env.random = 0;
    env.socket.say('closing', closing({ code: 1008, reason, retry_after_ms: 700 }));
    await env.advance(699);
    expect(tokens.requests).toHaveLength(1);
    await env.advance(1);
    expect(tokens.requests.at(-1)).toMatchObject({ forceRefresh: true, staleToken: 'token-0' });
    expect(env.sockets).toHaveLength(2);
  });

  it.each([
    [1008, 'Whatever this means', 'reconnect', 'reconnecting', null],
    [4321, 'Whatever this means', 'sign_in', 'disconnected', 'sign_in'],
    [4321, 'Whatever this means', 'stop', 'disconnected', 'try_again'],
    [1008, 'Not allowed', 'stop', 'disconnected', 'leave'],
    [1008, 'Session revoked', 'sign_in', 'disconnected', 'sign_in'],
    [1008, 'Re-authentication timeout', 'sign_in', 'reconnecting', null],
    [1012, 'Service restart', 'something_new', 'reconnecting', null],
    [1008, 'Session revoked', 'something_new', 'disconnected', 'sign_in'],
  ])('%i %s: %s is obeyed', async (code, reason, action, state, then) => {
    const { env, manager } = await setUpLive();
    env.socket.say('closing', closing({ code, reason, action }));
    expect(manager.state).toBe(state);
    expect(manager.getSnapshot().ending?.action ?? null).toBe(then);
    expect(env.live).toHaveLength(0);
  });

  it('names the connection, as the first recipe update did', async () => {
    const { env, manager } = await setUpLive();
    env.socket.welcome({ session: { ...SESSION, connection: 'c-1' } });
    expect(manager.getSnapshot().connectionId).toBe('c-1');
    env.socket.say('closing', closing({ code: 1008, reason: 'Session revoked' }));
    expect(manager.getSnapshot().connectionId).toBe('c-7');
    manager.connect('waffles').catch(() => {});
    expect(manager.getSnapshot().connectionId).toBeNull();
  });
});

describe('trying again', () => {
  it('never ends without a network, with delays that grow to 20 seconds', async () => {
    const { env, manager } = await setUpLive();
    env.random = 1;
    const waits: number[] = [];
    env.socket.drop();
    for (let round = 0; round < 30; round += 1) {
      const before = env.time;
      waits.push((manager.getSnapshot().retryAt ?? 0) - before);
      (await nextSocket(env, manager)).drop();
    }
    expect(waits.slice(2, 7)).toEqual([2_000, 4_000, 8_000, 16_000, 20_000]);
    expect(Math.max(...waits)).toBe(20_000);
    expect(manager.state).toBe('reconnecting');
  });

  it('resets the delays after 10 seconds of success, not before', async () => {
    const { env, manager } = await setUpLive();
    env.random = 1;
    const lose = () => {
      env.socket.drop();
      return (manager.getSnapshot().retryAt ?? 0) - env.time;
    };
    const comeBack = async (stay: number) => {
      const socket = await nextSocket(env, manager);
      socket.accept();
      socket.welcome();
      await env.advance(stay);
    };
    for (const ceiling of [2_000, 2_000, 2_000, 4_000]) {
      expect(lose()).toBe(ceiling);
      await comeBack(9_999);
    }
    expect(lose()).toBe(8_000);
    await comeBack(10_000);
    expect(lose()).toBe(2_000);
  });

  it('starts at once when the person asks, or the network is back', async () => {
    const { env, manager } = await setUpLive();
    env.socket.drop();
    manager.retryNow();
    await settled();
    expect(env.sockets).toHaveLength(2);
    env.socket.drop();
    env.emit('online');
    await settled();
    expect(env.sockets).toHaveLength(3);
    manager.retryNow();
    await settled();
    expect(env.sockets).toHaveLength(3);
  });

  it('gives up a socket that was opened without a network when the network is back', async () => {
    const { env, manager } = await setUpLive();
    env.socket.drop();
    await nextSocket(env, manager);
    expect(env.sockets).toHaveLength(2);
    env.emit('online');
    await settled();
    expect(env.sockets).toHaveLength(3);
    expect(env.live).toHaveLength(1);
    manager.retryNow();
    await settled();
    expect(env.sockets, 'the fresh one is given its time').toHaveLength(3);
  });

  it('keeps the first socket when the page becomes visible', async () => {
    const { env, manager } = setUp();
    manager.connect('pancakes').catch(() => {});
    await settled();
    env.emit('restored');
    await settled();
    expect(env.sockets).toHaveLength(1);
  });

  it('lets the person start again after the end', async () => {
    const { env, manager } = await setUpLive();
    env.socket.drop(1008, 'Session revoked');
    manager.retryNow();
    await settled();
    env.socket.accept();
    env.socket.welcome();
    expect(manager.state).toBe('authenticated');
    expect(manager.getSnapshot().ending).toBeNull();
  });

  it('gives the socket up when the network is lost, and waits', async () => {
    const { env, manager } = await setUpLive();
    env.emit('offline');
    expect(manager.state).toBe('reconnecting');
    expect(env.live).toHaveLength(0);
    await env.advance(19_000);
    expect(env.sockets).toHaveLength(1);
    env.emit('online');
    await settled();
    expect(env.sockets).toHaveLength(2);
  });

  it('starts even if the browser says for long that it is offline', async () => {
    const { env } = await setUpLive();
    env.emit('offline');
    await env.advance(20_000);
    expect(env.sockets).toHaveLength(2);
  });

  it('does not start while the page is hidden, and starts at once when it is visible', async () => {
    const { env } = await setUpLive();
    env.emit('hidden');
    expect(env.live).toHaveLength(1);
    env.socket.drop();
    await env.advance(3_600_000);
    expect(env.sockets).toHaveLength(1);
    env.emit('visible');
    await settled();
    expect(env.sockets).toHaveLength(2);
  });

  it('stops the back-off timer when the page is hidden', async () => {
    const { env, manager } = await setUpLive();
    env.socket.drop();
    env.emit('hidden');
    expect(env.timers.size).toBe(0);
    expect(manager.getSnapshot().retryAt).toBe(Number.POSITIVE_INFINITY);
  });

  it('closes its socket before the page is frozen, and resumes when it is restored', async () => {
    const { env, manager } = await setUpLive();
    env.emit('frozen');
    expect(env.live).toHaveLength(0);
    env.emit('hidden');
    expect(env.timers.size).toBe(0);
    env.hidden = false;
    env.emit('restored');
    await settled();
    env.socket.accept();
    expect(env.socket.last).toMatchObject({ payload: { session: 's-1', revision: 1 } });
    env.socket.welcome();
    expect(manager.state).toBe('authenticated');
  });

  it('never starts after disconnect', async () => {
    const { env, manager } = await setUpLive();
    manager.disconnect();
    for (const change of [
      'online',
      'visible',
      'restored',
      'offline',
      'hidden',
      'frozen',
    ] as const) {
      env.emit(change);
    }
    await env.advance(86_400_000);
    expect(env.sockets).toHaveLength(1);
    expect(env.socket.closed).toMatchObject({ code: 1000 });
    expect(manager.state).toBe('disconnected');
  });
});
