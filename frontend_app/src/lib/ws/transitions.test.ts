// The table of states and edges, edge by edge, through the public surface.
import { describe, expect, it } from 'vitest';
import { type FakeSocket, messageOf, recipeOf, SESSION, update } from '../../../test/fake-socket';
import { nextSocket, settled, setUp, setUpLive } from '../../../test/fake-world';
import { TokenError } from '../auth/token-source';
import type { WebSocketManager } from '../websocket';
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

  it('names the message at its revision, and none where it has none there', async () => {
    const { world, manager } = await setUpLive();
    world.socket.say('recipe_update', update({ revision: 2, message: messageOf(2) }));
    world.socket.drop();
    (await nextSocket(world, manager)).accept();
    expect(world.socket.last?.payload).toMatchObject({ revision: 2, message_id: 'm-2' });
    world.socket.welcome({ revision: 3, messages: [], messages_truncated: true, recovered: true });
    world.socket.drop();
    (await nextSocket(world, manager)).accept();
    expect(world.socket.last?.payload).toEqual({ token: 'token-0', session: 's-1', revision: 3 });
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

describe('a server that went back', () => {
  const shown = (manager: WebSocketManager) =>
    manager.getSnapshot().messages.map(({ id, revision }) => `${revision} ${id}`);

  /** Live at revision 5, with all messages from 2 on. */
  async function setUpAtFive() {
    const all = await setUpLive();
    const messages = [2, 3, 4, 5].map(revision => messageOf(revision));
    const recipe = recipeOf({ servings: 8 });
    all.world.socket.say('recipe_update', update({ revision: 5, messages, recipe }));
    return all;
  }

  async function comeBack(
    { world, manager }: Awaited<ReturnType<typeof setUpAtFive>>,
    more: Parameters<FakeSocket['welcome']>[0],
  ) {
    world.socket.drop();
    (await nextSocket(world, manager)).accept();
    world.socket.welcome(more);
  }

  it.each([
    ['says so', { recovered: false }],
    ['is of an older build and names an older revision', {}],
  ])('and %s is believed: its recipe, its conversation, and what comes next', async (_, more) => {
    const all = await setUpAtFive();
    await comeBack(all, { revision: 3, messages: [messageOf(2), messageOf(3)], ...more });
    const { world, manager } = all;
    expect(shown(manager)).toEqual(['2 m-2', '3 m-3']);
    expect(manager.getSnapshot()).toMatchObject({
      revision: 3,
      recipe: { servings: 4 },
      previous: { servings: 8 },
    });
    world.socket.say(
      'recipe_update',
      update({ revision: 4, message: messageOf(4, { id: 'new' }) }),
    );
    expect(shown(manager).at(-1)).toBe('4 new');
    expect(world.socket.ofType('auth')).toHaveLength(1);
  });

  it('and on again past our revision: other messages take the place of ours', async () => {
    const all = await setUpAtFive();
    const messages = [2, 3, 4, 5, 6].map(revision =>
      messageOf(revision, revision > 3 ? { id: `new-${revision}` } : {}),
    );
    await comeBack(all, { revision: 6, messages, recovered: false });
    expect(shown(all.manager)).toEqual(['2 m-2', '3 m-3', '4 new-4', '5 new-5', '6 new-6']);
  });

  it('that left out what was in between starts anew, without a hole', async () => {
    const all = await setUpAtFive();
    const messages = [90, 91].map(revision => messageOf(revision));
    await comeBack(all, { revision: 91, messages, messages_truncated: true, recovered: false });
    expect(shown(all.manager)).toEqual(['90 m-90', '91 m-91']);
    expect(all.manager.getSnapshot().olderExist).toBe(true);
  });

  it('is offered what it never acknowledged, and nothing else', async () => {
    const all = await setUpAtFive();
    const { world, manager } = all;
    const author = { id: 'u-ada', name: 'ada' };
    const [stored, lost] = ['acknowledged', 'on the wire'].map(text => {
      const sent = manager.sendMessage(text);
      return sent.ok ? sent.id : '';
    });
    const message = messageOf(6, { id: stored, author });
    world.socket.say('recipe_update', update({ revision: 6, message, in_reply_to: stored ?? '' }));
    await comeBack(all, { revision: 3, messages: [messageOf(2), messageOf(3)], recovered: false });
    expect(world.socket.ofType('chat_message').map(({ id }) => id)).toEqual([lost]);
  });

  it('under an open connection shows in a message that takes the place of another: we ask', async () => {
    const { world, manager } = await setUpAtFive();
    const sent = manager.sendMessage('third, again');
    const id = sent.ok ? sent.id : '';
    const message = messageOf(3, { id, author: { id: 'u-ada', name: 'ada' } });
    world.socket.say('recipe_update', update({ revision: 3, message, in_reply_to: id }));
    const asked = world.socket.ofType('auth').at(-1);
    expect(asked?.payload).toEqual({ token: 'token-0', revision: 5, message_id: 'm-5' });
    world.socket.welcome({ revision: 3, messages: [messageOf(2), message], recovered: false });
    expect(shown(manager)).toEqual(['2 m-2', `3 ${id}`]);
    expect(manager.getSnapshot().outbox).toEqual([]);
  });

  it('is not suspected for an answer to a re-authentication that later updates overtook', async () => {
    const { world, manager } = await setUpAtFive();
    const expires_at = '2026-11-22T20:36:32.000Z';
    world.socket.say('auth_required', { reason: 'Token expiring soon', expires_at });
    await settled();
    world.socket.say('recipe_update', update({ revision: 6, message: messageOf(6) }));
    world.socket.welcome({ revision: 5, messages: [], recovered: true });
    expect(manager.getSnapshot().revision).toBe(6);
    expect(shown(manager)).toHaveLength(5);
  });

  it('is not joined with earlier messages that were asked for before', async () => {
    const all = await setUpAtFive();
    await comeBack(all, { revision: 2, messages: [messageOf(2)], recovered: false });
    all.manager.addOlder('pancakes', [messageOf(1), messageOf(2, { id: 'old' }), messageOf(3)]);
    expect(shown(all.manager)).toEqual(['1 m-1', '2 m-2']);
  });

  it('that has no room for one more auth is asked again on a new connection', async () => {
    const { world, manager } = await setUpAtFive();
    world.socket.say('recipe_update', update({ revision: 9, message: messageOf(9) }));
    const in_reply_to = world.socket.last?.id;
    world.socket.say('error', { code: 'rate_limited', message: '', retryable: true, in_reply_to });
    expect(manager.state).toBe('reconnecting');
    (await nextSocket(world, manager)).accept();
    expect(world.socket.last?.payload).toMatchObject({ revision: 5, message_id: 'm-5' });
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

describe('a goodbye', () => {
  const goodbye = (more = {}) => ({
    code: 1012,
    reason: 'Service restart',
    action: 'reconnect',
    connection: 'c-7',
    ...more,
  });

  it('says when to come back, and nobody comes earlier', async () => {
    const { world, manager } = await setUpLive();
    world.luck = 0;
    world.socket.say('closing', goodbye({ retry_after_ms: 9_000 }));
    world.socket.drop(1012, 'Service restart');
    expect(manager.state).toBe('reconnecting');
    expect(world.live).toHaveLength(0);
    for (const change of ['hidden', 'shown', 'online'] as const) world.tell(change);
    await world.pass(8_999);
    expect(world.sockets).toHaveLength(1);
    await world.pass(1);
    expect(world.sockets).toHaveLength(2);
  });

  it('does not keep a person from trying earlier', async () => {
    const { world, manager } = await setUpLive();
    world.socket.say('closing', goodbye({ retry_after_ms: 9_000 }));
    manager.retryNow();
    await settled();
    expect(world.sockets).toHaveLength(2);
  });

  it('is waited for longer by the dice, so that not all come back at once', async () => {
    const { world, manager } = await setUpLive();
    world.luck = 1;
    world.socket.say('closing', goodbye({ retry_after_ms: 500 }));
    expect((manager.getSnapshot().retryAt ?? 0) - world.time).toBe(2_000);
  });

  it('asks for a pause also before a forced refresh', async () => {
    const { world, tokens } = await setUpLive();
    const reason = 'Authentication timeout';
    world.luck = 0;
    world.socket.say('closing', goodbye({ code: 1008, reason, retry_after_ms: 700 }));
    await world.pass(699);
    expect(tokens.wishes).toHaveLength(1);
    await world.pass(1);
    expect(tokens.wishes.at(-1)).toMatchObject({ fresh: true, not: 'token-0' });
    expect(world.sockets).toHaveLength(2);
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
    const { world, manager } = await setUpLive();
    world.socket.say('closing', goodbye({ code, reason, action }));
    expect(manager.state).toBe(state);
    expect(manager.getSnapshot().ending?.action ?? null).toBe(then);
    expect(world.live).toHaveLength(0);
  });

  it('names the connection, as the welcome did', async () => {
    const { world, manager } = await setUpLive();
    world.socket.welcome({ session: { ...SESSION, connection: 'c-1' } });
    expect(manager.getSnapshot().connection).toBe('c-1');
    world.socket.say('closing', goodbye({ code: 1008, reason: 'Session revoked' }));
    expect(manager.getSnapshot().connection).toBe('c-7');
    manager.connect('waffles').catch(() => {});
    expect(manager.getSnapshot().connection).toBeNull();
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
