// The authenticated connection: re-authentication in place, heartbeat, history.
import { describe, expect, it } from 'vitest';
import { advanceAlive, settled, setUpLive } from '../test/fake-environment.ts';
import { messageOf, recipeOf, SESSION, update } from '../test/fake-socket.ts';
import { Unauthorized } from './token-source.ts';

const TOKEN_EXPIRING = {
  reason: 'Token expiring soon',
  expires_at: '2026-11-22T20:36:32.000Z', // 30 s after the frame's own timestamp
};

describe('re-authentication', () => {
  it('sends a fresh token on the same socket and goes on', async () => {
    const { env, tokens, manager } = await setUpLive();
    env.socket.say('auth_required', TOKEN_EXPIRING);
    expect(manager.state).toBe('authenticated');
    expect(manager.getSnapshot().reauthSince).toBe(env.time);
    expect(tokens.requests.at(-1)).toMatchObject({ forceRefresh: true, staleToken: 'token-0' });
    await settled();
    const auth = env.socket.ofType('auth').at(-1);
    expect(auth?.payload).toEqual({ token: 'token-2', revision: 1 });
    env.socket.welcome({ session: { ...SESSION, id: 's-1', expires_at: 'later' } });
    expect(manager.getSnapshot()).toMatchObject({
      reauthSince: null,
      session: { expires_at: 'later' },
    });
    expect(env.sockets).toHaveLength(1);
  });

  it('sends messages meanwhile', async () => {
    const { env, tokens, manager } = await setUpLive();
    tokens.respond = () => new Promise(() => {});
    env.socket.say('auth_required', TOKEN_EXPIRING);
    manager.sendMessage('add salt');
    expect(env.socket.last).toMatchObject({
      type: 'chat_message',
      payload: { content: 'add salt' },
    });
  });

  it('is answered only by the reply to its own auth', async () => {
    const { env, manager } = await setUpLive();
    env.socket.say('auth_required', TOKEN_EXPIRING);
    await settled();
    env.socket.say('recipe_update', update({ revision: 2, message: messageOf(2) }));
    expect(manager.getSnapshot().reauthSince).not.toBeNull();
    env.socket.welcome({ revision: 2 });
    expect(manager.getSnapshot().reauthSince).toBeNull();
  });

  it('starts once, however often the server asks', async () => {
    const { env, tokens } = await setUpLive();
    tokens.respond = () => new Promise(() => {});
    env.socket.say('auth_required', TOKEN_EXPIRING);
    env.socket.say('auth_required', TOKEN_EXPIRING);
    expect(tokens.requests).toHaveLength(2);
  });

  it.each([
    ['is unreachable', () => Promise.reject(new Error('unavailable'))],
    ['throws', () => Promise.reject(new Error('bug'))],
    ['hangs', () => new Promise<string>(() => {})],
    ['gives the same token', () => Promise.resolve('token-0')],
  ])('tries again when the source %s', async (_, give) => {
    const { env, tokens, manager } = await setUpLive();
    tokens.respond = give;
    env.socket.say('auth_required', TOKEN_EXPIRING);
    await env.advance(9_000);
    expect(tokens.requests.length).toBeGreaterThanOrEqual(3);
    expect(env.socket.ofType('auth')).toHaveLength(1);
    tokens.respond = async () => 'token-new';
    await env.advance(16_000);
    expect(env.socket.ofType('auth').at(-1)?.payload.token).toBe('token-new');
    env.socket.welcome();
    expect(manager.state).toBe('authenticated');
    expect(env.sockets).toHaveLength(1);
  });

  it('goes on asking until the server closes', async () => {
    const { env, tokens, manager } = await setUpLive();
    tokens.respond = () => Promise.resolve('token-0');
    env.socket.say('auth_required', TOKEN_EXPIRING);
    await advanceAlive(env, 30_000 + 8_000);
    expect(manager.state).toBe('authenticated');
    const asked = tokens.requests.length;
    await advanceAlive(env, 40_000);
    expect(tokens.requests.length).toBeGreaterThan(asked);
    env.socket.drop(1008, 'Re-authentication timeout');
    await settled();
    env.socket.accept();
    env.socket.drop(1008, 'Invalid token');
    expect(manager.getSnapshot().ending).toMatchObject({ action: 'sign_in' });
    expect(env.sockets).toHaveLength(2);
  });

  it('ends the connection when the source denies', async () => {
    const { env, tokens, manager } = await setUpLive();
    tokens.respond = () => Promise.reject(new Unauthorized());
    env.socket.say('auth_required', TOKEN_EXPIRING);
    await settled();
    expect(manager.getSnapshot().ending).toMatchObject({ action: 'sign_in' });
  });
});

describe('the heartbeat', () => {
  it('sends a ping after 25 seconds of silence and gives the socket up 10 seconds later', async () => {
    const { env, manager } = await setUpLive();
    await env.advance(24_999);
    expect(env.socket.ofType('ping')).toHaveLength(0);
    await env.advance(1);
    expect(env.socket.ofType('ping')).toHaveLength(1);
    await env.advance(9_999);
    expect(manager.state).toBe('authenticated');
    await env.advance(1);
    expect(manager.state).toBe('reconnecting');
    expect(env.live).toHaveLength(0);
  });

  it('accepts any frame as activity', async () => {
    const { env, manager } = await setUpLive();
    for (let round = 0; round < 10; round += 1) {
      await env.advance(20_000);
      env.socket.say('from_the_future', {});
    }
    expect(env.socket.ofType('ping')).toHaveLength(0);
    await env.advance(25_000);
    env.socket.say('pong', { in_reply_to: env.socket.last?.id });
    await env.advance(24_000);
    expect(manager.state).toBe('authenticated');
    expect(env.sockets).toHaveLength(1);
  });

  it.each(['online', 'visible', 'restored'] as const)(
    'sends a ping at once when %s, with 3 seconds to answer',
    async change => {
      const { env, manager } = await setUpLive();
      env.emit(change);
      expect(env.socket.ofType('ping')).toHaveLength(1);
      await env.advance(3_000);
      expect(manager.state).toBe('reconnecting');
    },
  );
});

describe('a machine that slept', () => {
  const MINUTE = 60_000;

  it('sends a ping within 10 seconds, though no timer is due', async () => {
    const { env, manager } = await setUpLive();
    await env.advance(9_000);
    env.sleep(5 * MINUTE);
    await env.advance(1_000);
    expect(env.socket.ofType('ping')).toHaveLength(1);
    await env.advance(3_000);
    expect(manager.state).toBe('reconnecting');
  });

  it('sends a ping before the first message that the person writes', async () => {
    const { env, manager } = await setUpLive();
    env.sleep(5 * MINUTE);
    manager.sendMessage('awake');
    expect(env.socket.sent.slice(-2).map(({ type }) => type)).toEqual(['ping', 'chat_message']);
    expect(manager.state).toBe('authenticated');
  });

  it('while its token expired gives the connection up: a new token, a new socket', async () => {
    const { env, tokens, manager } = await setUpLive();
    env.sleep(15 * MINUTE);
    await env.advance(10_000);
    expect(env.sockets).toHaveLength(2);
    expect(env.live).toHaveLength(1);
    expect(tokens.requests.at(-1)).toMatchObject({ forceRefresh: true, staleToken: 'token-0' });
    env.socket.accept();
    expect(env.socket.last?.payload).toMatchObject({ session: 's-1', revision: 1 });
    env.socket.welcome();
    expect(manager.state).toBe('authenticated');
  });

  it.each(['visible', 'online'] as const)(
    'notices the expired token also when it is %s',
    async change => {
      const { env, tokens } = await setUpLive();
      env.sleep(15 * MINUTE);
      env.emit(change);
      await settled();
      expect(tokens.requests.at(-1)).toMatchObject({ forceRefresh: true });
      expect(env.sockets).toHaveLength(2);
    },
  );

  it('counts from the last token, by the server’s times', async () => {
    const { env, manager } = await setUpLive();
    await advanceAlive(env, 14 * MINUTE);
    env.socket.welcome();
    env.sleep(14 * MINUTE);
    await env.advance(10_000);
    expect(env.sockets).toHaveLength(1);
    env.socket.say('pong', {});
    await env.advance(10_000);
    expect(manager.state).toBe('authenticated');
  });

  it('is not assumed as long as timers run when they are due', async () => {
    const { env } = await setUpLive();
    await advanceAlive(env, 60 * MINUTE);
    expect(env.socket.ofType('ping')).toHaveLength(0);
  });

  it('does not connect again while the page is hidden', async () => {
    const { env } = await setUpLive();
    env.emit('hidden');
    env.sleep(15 * MINUTE);
    await env.advance(60_000);
    expect(env.sockets).toHaveLength(1);
    expect(env.live).toHaveLength(0);
    env.emit('visible');
    await settled();
    expect(env.sockets).toHaveLength(2);
  });
});

describe('history', () => {
  it('keeps messages in order of revision, each once', async () => {
    const { env, manager } = await setUpLive();
    env.socket.say('recipe_update', update({ revision: 2, message: messageOf(2) }));
    env.socket.say('recipe_update', update({ revision: 3, message: messageOf(3) }));
    env.socket.say('recipe_update', update({ revision: 3, message: messageOf(2) }));
    env.socket.say(
      'recipe_update',
      update({ revision: 5, messages: [messageOf(3), messageOf(4), messageOf(5)] }),
    );
    expect(manager.getSnapshot().messages.map(({ revision }) => revision)).toEqual([2, 3, 4, 5]);
  });

  it('applies only newer recipes, and keeps the one before for the comparison', async () => {
    const { env, manager } = await setUpLive();
    env.socket.say(
      'recipe_update',
      update({
        revision: 3,
        messages: [messageOf(2), messageOf(3)],
        recipe: recipeOf({ servings: 8 }),
      }),
    );
    env.socket.say(
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

  it('does not count a message without a change of the recipe', async () => {
    const { env, manager } = await setUpLive();
    env.socket.say('recipe_update', update({ revision: 2, message: messageOf(2) }));
    expect(manager.getSnapshot()).toMatchObject({ revision: 2, changes: 0, previous: null });
  });

  it('requests what is missing when a revision was skipped', async () => {
    const { env, manager } = await setUpLive();
    env.socket.say('recipe_update', update({ revision: 4, message: messageOf(4) }));
    expect(env.socket.ofType('auth').at(-1)?.payload).toEqual({ token: 'token-0', revision: 1 });
    expect(manager.getSnapshot().messages).toHaveLength(0);
    env.socket.say('recipe_update', update({ revision: 5, message: messageOf(5) }));
    expect(env.socket.ofType('auth')).toHaveLength(2);
    env.socket.welcome({
      revision: 5,
      messages: [2, 3, 4, 5].map(revision => messageOf(revision)),
    });
    expect(manager.getSnapshot().messages).toHaveLength(4);
    expect(manager.getSnapshot().revision).toBe(5);
  });

  it('grows at the front by pages of earlier messages, each once and in order, until there are none', async () => {
    const { env, manager } = await setUpLive();
    const page = (from: number, to: number) =>
      Array.from({ length: to - from + 1 }, (_, at) => messageOf(from + at));
    const revisions = () => manager.getSnapshot().messages.map(({ revision }) => revision);
    env.socket.welcome({ revision: 9, messages: page(7, 9), messages_truncated: true });
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

  it('takes an empty page as the beginning', async () => {
    const { env, manager } = await setUpLive();
    env.socket.say('recipe_update', update({ revision: 2, message: messageOf(2) }));
    expect(manager.getSnapshot().olderExist).toBe(true);
    manager.addOlder('pancakes', []);
    env.socket.say('recipe_update', update({ revision: 3, message: messageOf(3) }));
    expect(manager.getSnapshot().olderExist).toBe(false);
  });

  it('drops the oldest messages when there are too many', async () => {
    const { env, manager } = await setUpLive();
    for (let first = 2; first < 10_052; first += 1_005) {
      const messages = Array.from({ length: 1_005 }, (_, at) => messageOf(first + at));
      env.socket.say('recipe_update', update({ revision: first + 1_004, messages }));
    }
    expect(manager.getSnapshot().messages).toHaveLength(10_000);
    expect(manager.getSnapshot().olderExist).toBe(true);
  });
});
