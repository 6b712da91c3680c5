// The authenticated connection: re-authentication in place, heartbeat, history.
import { describe, expect, it } from 'vitest';
import { messageOf, recipeOf, SESSION, update } from '../../../test/fake-socket';
import { passAlive, settled, setUpLive } from '../../../test/fake-world';
import { TokenError } from '../auth/token-source';

const SOON = {
  reason: 'Token expiring soon',
  expires_at: '2026-11-22T20:36:32.000Z', // 30 s after the frame's own timestamp
};

describe('re-authentication', () => {
  it('sends a fresh token on the same socket and goes on', async () => {
    const { world, tokens, manager } = await setUpLive();
    world.socket.say('auth_required', SOON);
    expect(manager.state).toBe('authenticated');
    expect(manager.getSnapshot().reauthSince).toBe(world.time);
    expect(tokens.wishes.at(-1)).toMatchObject({ fresh: true, not: 'token-0' });
    await settled();
    const auth = world.socket.ofType('auth').at(-1);
    expect(auth?.payload).toEqual({ token: 'token-2', revision: 1 });
    world.socket.welcome({ session: { ...SESSION, id: 's-1', expires_at: 'later' } });
    expect(manager.getSnapshot()).toMatchObject({
      reauthSince: null,
      session: { expires_at: 'later' },
    });
    expect(world.sockets).toHaveLength(1);
  });

  it('lets messages through meanwhile', async () => {
    const { world, tokens, manager } = await setUpLive();
    tokens.give = () => new Promise(() => {});
    world.socket.say('auth_required', SOON);
    manager.sendMessage('add salt');
    expect(world.socket.last).toMatchObject({
      type: 'chat_message',
      payload: { content: 'add salt' },
    });
  });

  it('is answered only by the reply to its own auth', async () => {
    const { world, manager } = await setUpLive();
    world.socket.say('auth_required', SOON);
    await settled();
    world.socket.say('recipe_update', update({ revision: 2, message: messageOf(2) }));
    expect(manager.getSnapshot().reauthSince).not.toBeNull();
    world.socket.welcome({ revision: 2 });
    expect(manager.getSnapshot().reauthSince).toBeNull();
  });

  it('starts once, however often the server asks', async () => {
    const { world, tokens } = await setUpLive();
    tokens.give = () => new Promise(() => {});
    world.socket.say('auth_required', SOON);
    world.socket.say('auth_required', SOON);
    expect(tokens.wishes).toHaveLength(2);
  });

  it.each([
    ['is unreachable', () => Promise.reject(new TokenError('unavailable'))],
    ['throws', () => Promise.reject(new Error('bug'))],
    ['hangs', () => new Promise<string>(() => {})],
    ['gives the same token', () => Promise.resolve('token-0')],
  ])('tries again when the source %s, until the deadline', async (_, give) => {
    const { world, tokens, manager } = await setUpLive();
    tokens.give = give;
    world.socket.say('auth_required', SOON);
    await world.pass(9_000);
    expect(tokens.wishes.length).toBeGreaterThanOrEqual(3);
    expect(world.socket.ofType('auth')).toHaveLength(1);
    tokens.give = async () => 'token-new';
    await world.pass(16_000);
    expect(world.socket.ofType('auth').at(-1)?.payload.token).toBe('token-new');
    world.socket.welcome();
    expect(manager.state).toBe('authenticated');
    expect(world.sockets).toHaveLength(1);
  });

  it('stops asking at the deadline and leaves the rest to the server', async () => {
    const { world, tokens, manager } = await setUpLive();
    tokens.give = () => Promise.resolve('token-0');
    world.socket.say('auth_required', SOON);
    await passAlive(world, 30_000 + 8_000);
    const asked = tokens.wishes.length;
    await passAlive(world, 40_000);
    expect(tokens.wishes).toHaveLength(asked);
    world.socket.drop(1008, 'Re-authentication timeout');
    await settled();
    world.socket.accept();
    world.socket.drop(1008, 'Invalid token');
    expect(manager.getSnapshot().ending).toMatchObject({ action: 'sign_in' });
    expect(world.sockets).toHaveLength(2);
  });

  it('ends when the source says no', async () => {
    const { world, tokens, manager } = await setUpLive();
    tokens.give = () => Promise.reject(new TokenError('denied'));
    world.socket.say('auth_required', SOON);
    await settled();
    expect(manager.getSnapshot().ending).toMatchObject({ action: 'sign_in' });
  });

  it('asks on when the times make no sense: the server will close', async () => {
    const { world, tokens } = await setUpLive();
    tokens.give = () => new Promise(() => {});
    world.socket.say('auth_required', { reason: 'Session review requested', expires_at: 'soon' });
    await passAlive(world, 40_000);
    expect(tokens.wishes.length).toBeGreaterThanOrEqual(5);
  });
});

describe('the heartbeat', () => {
  it('pings after 25 seconds of silence and gives the socket up 10 seconds later', async () => {
    const { world, manager } = await setUpLive();
    await world.pass(24_999);
    expect(world.socket.ofType('ping')).toHaveLength(0);
    await world.pass(1);
    expect(world.socket.ofType('ping')).toHaveLength(1);
    await world.pass(9_999);
    expect(manager.state).toBe('authenticated');
    await world.pass(1);
    expect(manager.state).toBe('reconnecting');
    expect(world.live).toHaveLength(0);
  });

  it('is content with any frame', async () => {
    const { world, manager } = await setUpLive();
    for (let round = 0; round < 10; round += 1) {
      await world.pass(20_000);
      world.socket.say('from_the_future', {});
    }
    expect(world.socket.ofType('ping')).toHaveLength(0);
    await world.pass(25_000);
    world.socket.say('pong', { in_reply_to: world.socket.last?.id });
    await world.pass(24_000);
    expect(manager.state).toBe('authenticated');
    expect(world.sockets).toHaveLength(1);
  });

  it.each(['online', 'shown', 'thawed'] as const)(
    'asks at once when %s, with 3 seconds to answer',
    async change => {
      const { world, manager } = await setUpLive();
      world.tell(change);
      expect(world.socket.ofType('ping')).toHaveLength(1);
      await world.pass(3_000);
      expect(manager.state).toBe('reconnecting');
    },
  );
});

describe('a machine that slept', () => {
  const MINUTE = 60_000;

  it('asks within 10 seconds whether the connection still lives, though no timer is due', async () => {
    const { world, manager } = await setUpLive();
    await world.pass(9_000);
    world.sleep(5 * MINUTE);
    await world.pass(1_000);
    expect(world.socket.ofType('ping')).toHaveLength(1);
    await world.pass(3_000);
    expect(manager.state).toBe('reconnecting');
  });

  it('asks before it sends what the person writes first', async () => {
    const { world, manager } = await setUpLive();
    world.sleep(5 * MINUTE);
    manager.sendMessage('awake');
    expect(world.socket.sent.slice(-2).map(({ type }) => type)).toEqual(['ping', 'chat_message']);
    expect(manager.state).toBe('authenticated');
  });

  it('over the end of its token does not trust the connection: a new token, a new socket', async () => {
    const { world, tokens, manager } = await setUpLive();
    world.sleep(15 * MINUTE);
    await world.pass(10_000);
    expect(world.sockets).toHaveLength(2);
    expect(world.live).toHaveLength(1);
    expect(tokens.wishes.at(-1)).toMatchObject({ fresh: true, not: 'token-0' });
    world.socket.accept();
    expect(world.socket.last?.payload).toMatchObject({ session: 's-1', revision: 1 });
    world.socket.welcome();
    expect(manager.state).toBe('authenticated');
  });

  it.each(['shown', 'online'] as const)('counts the sleep also when it is %s', async change => {
    const { world, tokens } = await setUpLive();
    world.sleep(15 * MINUTE);
    world.tell(change);
    await settled();
    expect(tokens.wishes.at(-1)).toMatchObject({ fresh: true });
    expect(world.sockets).toHaveLength(2);
  });

  it('counts from the last token, by the server’s own times', async () => {
    const { world, manager } = await setUpLive();
    await passAlive(world, 14 * MINUTE);
    world.socket.welcome();
    world.sleep(14 * MINUTE);
    await world.pass(10_000);
    expect(world.sockets).toHaveLength(1);
    world.socket.say('pong', {});
    await world.pass(10_000);
    expect(manager.state).toBe('authenticated');
  });

  it('is awake as long as timers come when they are due', async () => {
    const { world } = await setUpLive();
    await passAlive(world, 60 * MINUTE);
    expect(world.socket.ofType('ping')).toHaveLength(0);
  });

  it('does not fight for a connection while nobody looks', async () => {
    const { world } = await setUpLive();
    world.tell('hidden');
    world.sleep(15 * MINUTE);
    await world.pass(60_000);
    expect(world.sockets).toHaveLength(1);
    expect(world.live).toHaveLength(0);
    world.tell('shown');
    await settled();
    expect(world.sockets).toHaveLength(2);
  });
});

describe('history', () => {
  it('keeps messages in order of revision, each once', async () => {
    const { world, manager } = await setUpLive();
    world.socket.say('recipe_update', update({ revision: 2, message: messageOf(2) }));
    world.socket.say('recipe_update', update({ revision: 3, message: messageOf(3) }));
    world.socket.say('recipe_update', update({ revision: 3, message: messageOf(2) }));
    world.socket.say(
      'recipe_update',
      update({ revision: 5, messages: [messageOf(3), messageOf(4), messageOf(5)] }),
    );
    expect(manager.getSnapshot().messages.map(({ revision }) => revision)).toEqual([2, 3, 4, 5]);
  });

  it('applies only newer recipes, and keeps the one before for the comparison', async () => {
    const { world, manager } = await setUpLive();
    world.socket.say(
      'recipe_update',
      update({
        revision: 3,
        messages: [messageOf(2), messageOf(3)],
        recipe: recipeOf({ servings: 8 }),
      }),
    );
    world.socket.say(
      'recipe_update',
      update({ revision: 2, message: messageOf(2), recipe: recipeOf({ servings: 6 }) }),
    );
    expect(manager.getSnapshot()).toMatchObject({
      revision: 3,
      recipe: { servings: 8 },
      previous: { servings: 4 },
      changes: 1,
    });
  });

  it('does not call plain talk a change', async () => {
    const { world, manager } = await setUpLive();
    world.socket.say('recipe_update', update({ revision: 2, message: messageOf(2) }));
    expect(manager.getSnapshot()).toMatchObject({ revision: 2, changes: 0, previous: null });
  });

  it('asks for what is missing when a revision was skipped', async () => {
    const { world, manager } = await setUpLive();
    world.socket.say('recipe_update', update({ revision: 4, message: messageOf(4) }));
    expect(world.socket.ofType('auth').at(-1)?.payload).toEqual({ token: 'token-0', revision: 1 });
    expect(manager.getSnapshot().messages).toHaveLength(0);
    world.socket.say('recipe_update', update({ revision: 5, message: messageOf(5) }));
    expect(world.socket.ofType('auth')).toHaveLength(2);
    world.socket.welcome({
      revision: 5,
      messages: [2, 3, 4, 5].map(revision => messageOf(revision)),
    });
    expect(manager.getSnapshot().messages).toHaveLength(4);
    expect(manager.getSnapshot().revision).toBe(5);
  });

  it('grows at the front by pages of earlier messages, each once and in order, until there are none', async () => {
    const { world, manager } = await setUpLive();
    const page = (from: number, to: number) =>
      Array.from({ length: to - from + 1 }, (_, at) => messageOf(from + at));
    const revisions = () => manager.getSnapshot().messages.map(({ revision }) => revision);
    world.socket.welcome({ revision: 9, messages: page(7, 9), messages_truncated: true });
    expect(manager.getSnapshot()).toMatchObject({ olderExist: true });
    manager.addOlder('pancakes', page(5, 7));
    expect(revisions()).toEqual([5, 6, 7, 8, 9]);
    expect(manager.getSnapshot()).toMatchObject({ olderExist: true, revision: 9 });
    manager.addOlder('waffles', page(3, 4));
    expect(revisions()).toHaveLength(5);
    manager.addOlder('pancakes', page(1, 4));
    expect(revisions()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(manager.getSnapshot().olderExist).toBe(false);
  });

  it('believes an empty page that nothing older exists', async () => {
    const { world, manager } = await setUpLive();
    world.socket.say('recipe_update', update({ revision: 2, message: messageOf(2) }));
    expect(manager.getSnapshot().olderExist).toBe(true);
    manager.addOlder('pancakes', []);
    world.socket.say('recipe_update', update({ revision: 3, message: messageOf(3) }));
    expect(manager.getSnapshot().olderExist).toBe(false);
  });

  it('forgets the oldest messages when there are too many', async () => {
    const { world, manager } = await setUpLive();
    for (let first = 2; first < 10_052; first += 1_005) {
      const messages = Array.from({ length: 1_005 }, (_, at) => messageOf(first + at));
      world.socket.say('recipe_update', update({ revision: first + 1_004, messages }));
    }
    expect(manager.getSnapshot().messages).toHaveLength(10_000);
    expect(manager.getSnapshot().olderExist).toBe(true);
  });
});
