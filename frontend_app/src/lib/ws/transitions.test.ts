// The table of states and edges, edge by edge, through the public surface.
import { describe, expect, it } from 'vitest';
import { update } from '../../../test/fake-socket';
import { nextSocket, settled, setUp, setUpLive } from '../../../test/fake-world';
import { TokenError } from '../auth/token-source';
import { judgeClose } from './closes';

async function setUpProving(options = {}) {
  const all = setUp(options);
  all.manager.connect('pancakes').catch(() => {});
  await settled();
  all.world.socket.accept();
  await settled();
  return all;
}

describe('signing in', () => {
  it('gives up a socket that does not open in 10 seconds', async () => {
    const { world, manager } = setUp();
    manager.connect('pancakes').catch(() => {});
    await world.pass(10_000);
    expect(manager.state).toBe('reconnecting');
    expect(world.live).toHaveLength(0);
  });

  it('abandons a socket whose server does not answer the auth, and tries up to the limit', async () => {
    const { world, manager } = await setUpProving();
    await world.pass(4_999);
    expect(manager.state).toBe('authenticating');
    await world.pass(1);
    expect(manager.state).toBe('reconnecting');
    for (const _ of [2, 3]) {
      const socket = await nextSocket(world, manager);
      socket.accept();
      await world.pass(5_000);
    }
    expect(manager.state).toBe('disconnected');
    expect(manager.getSnapshot().ending).toMatchObject({ action: 'try_again' });
    expect(world.sockets).toHaveLength(3);
  });

  it('takes no sign of life but a recipe update for success', async () => {
    const { world, manager } = await setUpProving();
    world.socket.say('pong', { in_reply_to: 'x' });
    world.socket.say('error', { code: 'internal', message: '', retryable: true });
    world.socket.say('auth_required', { reason: 'Token expiring soon', expires_at: '' });
    expect(manager.state).toBe('authenticating');
    world.socket.welcome();
    expect(manager.state).toBe('authenticated');
  });

  it('takes no recipe update for success before its auth is on the wire', async () => {
    const { world, manager } = setUp();
    manager.connect('pancakes').catch(() => {});
    await settled();
    world.socket.say('recipe_update', update());
    expect(manager.state).toBe('connecting');
    expect(world.socket.sent).toHaveLength(0);
  });

  it('has its token before it opens the socket, and sends it at once', async () => {
    const { world, tokens, manager } = setUp();
    manager.connect('pancakes').catch(() => {});
    expect(tokens.wishes).toHaveLength(1);
    expect(world.sockets).toHaveLength(0);
    await settled();
    world.socket.accept();
    expect(world.socket.last).toMatchObject({ type: 'auth', payload: { token: 'token-0' } });
    expect(world.socket.last?.timestamp).toMatch(/^\d{4}-.*Z$/);
  });

  it('ignores what an abandoned socket says', async () => {
    const { world, manager } = await setUpProving();
    const { onclose, onmessage } = world.socket;
    await world.pass(5_000);
    const next = await nextSocket(world, manager);
    next.accept();
    onmessage?.({
      data: JSON.stringify({ type: 'recipe_update', id: 'x', timestamp: '', payload: update() }),
    });
    onclose?.({ code: 1008, reason: 'Invalid token' });
    expect(next.isLive).toBe(true);
    expect(manager.state).toBe('reconnecting');
  });
});

describe('resuming', () => {
  it('names the session and the revision that it has', async () => {
    const { world } = await setUpLive();
    world.socket.say('recipe_update', update({ revision: 7, messages: [] }));
    world.socket.drop();
    await world.pass(2_000);
    world.socket.accept();
    await settled();
    expect(world.socket.last).toMatchObject({ payload: { session: 's-1', revision: 7 } });
  });

  it('forgets session, history and outbox with another recipe', async () => {
    const { world, manager } = await setUpLive();
    manager.sendMessage('hello');
    manager.connect('waffles').catch(() => {});
    await settled();
    world.socket.accept();
    await settled();
    expect(world.socket.ofType('auth')[0]?.payload).toEqual({ token: 'token-0' });
    expect(manager.getSnapshot()).toMatchObject({ revision: null, outbox: [] });
  });

  it('shows "reconnecting" during the whole way back', async () => {
    const { world, manager } = await setUpLive();
    world.socket.drop();
    await world.pass(2_000);
    expect(manager.state).toBe('reconnecting');
    world.socket.accept();
    await settled();
    expect(manager.state).toBe('reconnecting');
    world.socket.welcome();
    expect(manager.state).toBe('authenticated');
  });
});

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
    const { world, manager } = await setUpLive();
    world.socket.drop(code, reason);
    expect(manager.state).toBe('disconnected');
    expect(manager.getSnapshot().ending).toEqual({ code, reason, action });
    expect(world.timers.size + world.ears.size).toBe(0);
  });

  it.each([1000, 1001, 1005, 1006, 1011, 1012, 1013, 1014, 4999])(
    '%i is answered by another try',
    async code => {
      const { world, manager } = await setUpLive();
      world.socket.drop(code, 'whatever');
      expect(manager.state).toBe('reconnecting');
      await world.pass(2_000);
      expect(world.sockets).toHaveLength(2);
    },
  );

  it.each(['Authentication timeout', 'Re-authentication timeout'])(
    '1008 %s: one forced refresh, then open again; a second in a row stops',
    async reason => {
      const { world, tokens, manager } = await setUpLive();
      world.socket.drop(1008, reason);
      expect(tokens.wishes.at(-1)).toMatchObject({ fresh: true, not: 'token-0' });
      expect(world.sockets).toHaveLength(1);
      await settled();
      world.socket.accept();
      expect(world.socket.last).toMatchObject({ type: 'auth', payload: { token: 'token-2' } });
      world.socket.drop(1008, reason);
      expect(manager.getSnapshot().ending).toMatchObject({ action: 'sign_in' });
    },
  );

  it('1008 Session moved: opens a session of its own after a backoff, once, and asks nobody to sign in', async () => {
    const { world, tokens, manager } = await setUpLive();
    world.luck = 1;
    world.socket.drop(1008, 'Session moved');
    expect(manager.state).toBe('reconnecting');
    await world.pass(1_999);
    expect(world.sockets).toHaveLength(1);
    await world.pass(1);
    world.socket.accept();
    expect(world.socket.last?.payload).toEqual({ token: 'token-0', revision: 1 });
    expect(tokens.wishes.at(-1)).toMatchObject({ fresh: false });
    world.socket.welcome();
    world.socket.drop(1008, 'Session moved');
    expect(manager.getSnapshot().ending).toMatchObject({ action: 'try_again' });
  });

  it('forgives the first forced refresh after some stable seconds', async () => {
    const { world, manager } = await setUpLive();
    for (const _ of [1, 2, 3]) {
      world.socket.drop(1008, 'Re-authentication timeout');
      await settled();
      world.socket.accept();
      world.socket.welcome();
      await world.pass(10_000);
      expect(manager.state).toBe('authenticated');
    }
  });

  it('forgives it too when a re-authentication works', async () => {
    const { world, manager } = await setUpLive();
    for (const _ of [1, 2]) {
      world.socket.drop(1008, 'Re-authentication timeout');
      await settled();
      world.socket.accept();
      world.socket.welcome();
      const expires_at = '2026-11-22T20:36:32.000Z';
      world.socket.say('auth_required', { reason: 'Token expiring soon', expires_at });
      await settled();
      world.socket.welcome();
      expect(manager.state).toBe('authenticated');
    }
  });

  it('has a verdict for every code', () => {
    for (let code = 1000; code < 5000; code += 1) expect(judgeClose(code, '')).toHaveProperty('is');
  });
});

describe('trying again', () => {
  it('never stops trying for the network, with waits that grow to 20 seconds', async () => {
    const { world, manager } = await setUpLive();
    world.luck = 1;
    const waits: number[] = [];
    world.socket.drop();
    for (let round = 0; round < 30; round += 1) {
      const before = world.time;
      waits.push((manager.getSnapshot().retryAt ?? 0) - before);
      (await nextSocket(world, manager)).drop();
    }
    expect(waits.slice(2, 7)).toEqual([2_000, 4_000, 8_000, 16_000, 20_000]);
    expect(Math.max(...waits)).toBe(20_000);
    expect(manager.state).toBe('reconnecting');
  });

  it('starts the waits anew after 10 seconds of success, not before', async () => {
    const { world, manager } = await setUpLive();
    world.luck = 1;
    const lose = () => {
      world.socket.drop();
      return (manager.getSnapshot().retryAt ?? 0) - world.time;
    };
    const comeBack = async (stay: number) => {
      const socket = await nextSocket(world, manager);
      socket.accept();
      socket.welcome();
      await world.pass(stay);
    };
    for (const ceiling of [2_000, 2_000, 2_000, 4_000]) {
      expect(lose()).toBe(ceiling);
      await comeBack(9_999);
    }
    expect(lose()).toBe(8_000);
    await comeBack(10_000);
    expect(lose()).toBe(2_000);
  });

  it('goes at once when the person asks, or the network is back', async () => {
    const { world, manager } = await setUpLive();
    world.socket.drop();
    manager.retryNow();
    await settled();
    expect(world.sockets).toHaveLength(2);
    world.socket.drop();
    world.tell('online');
    await settled();
    expect(world.sockets).toHaveLength(3);
    manager.retryNow();
    await settled();
    expect(world.sockets).toHaveLength(3);
  });

  it('gives up a socket that was opened into a dead network when the network is back', async () => {
    const { world, manager } = await setUpLive();
    world.socket.drop();
    await nextSocket(world, manager);
    expect(world.sockets).toHaveLength(2);
    world.tell('online');
    await settled();
    expect(world.sockets).toHaveLength(3);
    expect(world.live).toHaveLength(1);
    manager.retryNow();
    await settled();
    expect(world.sockets, 'the fresh one is given its time').toHaveLength(3);
  });

  it('leaves the first socket alone when the page says that it is shown', async () => {
    const { world, manager } = setUp();
    manager.connect('pancakes').catch(() => {});
    await settled();
    world.tell('thawed');
    await settled();
    expect(world.sockets).toHaveLength(1);
  });

  it('lets the person start again after the end', async () => {
    const { world, manager } = await setUpLive();
    world.socket.drop(1008, 'Session revoked');
    manager.retryNow();
    await settled();
    world.socket.accept();
    world.socket.welcome();
    expect(manager.state).toBe('authenticated');
    expect(manager.getSnapshot().ending).toBeNull();
  });

  it('lets the socket go when the network does, and waits', async () => {
    const { world, manager } = await setUpLive();
    world.tell('offline');
    expect(manager.state).toBe('reconnecting');
    expect(world.live).toHaveLength(0);
    await world.pass(19_000);
    expect(world.sockets).toHaveLength(1);
    world.tell('online');
    await settled();
    expect(world.sockets).toHaveLength(2);
  });

  it('believes no browser for ever that says it is offline', async () => {
    const { world } = await setUpLive();
    world.tell('offline');
    await world.pass(20_000);
    expect(world.sockets).toHaveLength(2);
  });

  it('does not try while nobody looks, and goes at once when somebody does', async () => {
    const { world } = await setUpLive();
    world.tell('hidden');
    expect(world.live).toHaveLength(1);
    world.socket.drop();
    await world.pass(3_600_000);
    expect(world.sockets).toHaveLength(1);
    world.tell('shown');
    await settled();
    expect(world.sockets).toHaveLength(2);
  });

  it('stops a running wait when the page is hidden', async () => {
    const { world, manager } = await setUpLive();
    world.socket.drop();
    world.tell('hidden');
    expect(world.timers.size).toBe(0);
    expect(manager.getSnapshot().retryAt).toBe(Number.POSITIVE_INFINITY);
  });

  it('closes its socket before the page is frozen, and resumes when it is thawed', async () => {
    const { world, manager } = await setUpLive();
    world.tell('frozen');
    expect(world.live).toHaveLength(0);
    world.tell('hidden');
    expect(world.timers.size).toBe(0);
    world.hidden = false;
    world.tell('thawed');
    await settled();
    world.socket.accept();
    expect(world.socket.last).toMatchObject({ payload: { session: 's-1', revision: 1 } });
    world.socket.welcome();
    expect(manager.state).toBe('authenticated');
  });

  it('is revived by nothing after disconnect', async () => {
    const { world, manager } = await setUpLive();
    manager.disconnect();
    for (const change of ['online', 'shown', 'thawed', 'offline', 'hidden', 'frozen'] as const) {
      world.tell(change);
    }
    await world.pass(86_400_000);
    expect(world.sockets).toHaveLength(1);
    expect(world.socket.closed).toMatchObject({ code: 1000 });
    expect(manager.state).toBe('disconnected');
  });
});

describe('a token source', () => {
  it('that says no ends it, and asks the person', async () => {
    const { tokens, world, manager } = setUp();
    tokens.give = async () => {
      throw new TokenError('denied');
    };
    manager.connect('pancakes').catch(() => {});
    await settled();
    expect(manager.getSnapshot()).toMatchObject({
      state: 'disconnected',
      ending: { action: 'sign_in' },
    });
    expect(world.live).toHaveLength(0);
  });

  it('that cannot be reached is asked again for ever, without a socket', async () => {
    const { tokens, world, manager } = setUp();
    tokens.give = async () => {
      throw new TokenError('unavailable');
    };
    manager.connect('pancakes').catch(() => {});
    await world.pass(600_000);
    expect(manager.state).toBe('reconnecting');
    expect(tokens.wishes.length).toBeGreaterThan(20);
    expect(world.sockets).toHaveLength(0);
  });

  it.each([
    ['throws', () => Promise.reject(new Error('bug'))],
    [
      'throws before it promises',
      () => {
        throw new Error('bug');
      },
    ],
    ['hangs', () => new Promise<string>(() => {})],
  ])('that %s ends in a state with a button within 35 seconds', async (_, give) => {
    const { tokens, world, manager } = setUp();
    world.luck = 1;
    tokens.give = give;
    manager.connect('pancakes').catch(() => {});
    await world.pass(35_000);
    expect(manager.state).toBe('disconnected');
    expect(manager.getSnapshot().ending).toMatchObject({ action: 'try_again' });
    expect(world.sockets).toHaveLength(0);
  });

  it('that answers too late is not listened to', async () => {
    const { tokens, world, manager } = setUp();
    const answers: ((token: string) => void)[] = [];
    tokens.give = () => new Promise(resolve => answers.push(resolve));
    manager.connect('pancakes').catch(() => {});
    await world.pass(8_000);
    expect(tokens.wishes[0]?.signal?.aborted).toBe(true);
    await world.pass(2_000);
    answers[0]?.('too-late');
    await settled();
    expect(world.sockets).toHaveLength(0);
    answers[1]?.('in-time');
    await settled();
    world.socket.accept();
    expect(world.socket.last).toMatchObject({ payload: { token: 'in-time' } });
    world.socket.welcome();
    expect(manager.state).toBe('authenticated');
  });

  it('that answers a re-authentication after its socket died is not listened to', async () => {
    const { tokens, world, manager } = await setUpLive();
    let answer: (token: string) => void = () => {};
    tokens.give = () =>
      new Promise(resolve => {
        answer = resolve;
      });
    const expires_at = '2026-11-22T20:36:32.000Z';
    world.socket.say('auth_required', { reason: 'Token expiring soon', expires_at });
    const late = answer;
    world.socket.drop();
    late('too-late');
    await world.pass(2_000);
    answer('in-time');
    await settled();
    world.socket.accept();
    expect(world.sockets).toHaveLength(2);
    expect(world.socket.ofType('auth').map(({ payload }) => payload.token)).toEqual(['in-time']);
    world.socket.welcome();
    expect(manager.state).toBe('authenticated');
  });
});
