// The transitions of the state machine (see the diagram in reduce.ts), one by one, through the public surface.
import { describe, expect, it } from 'vitest';
import { nextSocket, settled, setUp, setUpLive } from '../test/fake-environment.ts';
import { type FakeSocket, messageOf, recipeOf, update } from '../test/fake-socket.ts';
import { Unauthorized } from './token-source.ts';
import type { WebSocketManager } from './websocket.ts';

async function setUpAuthenticating(options = {}) {
  const all = setUp(options);
  all.manager.connect('pancakes').catch(() => {});
  await settled();
  all.env.socket.accept();
  await settled();
  return all;
}

describe('signing in', () => {
  it('gives up a socket that does not open in 10 seconds', async () => {
    const { env, manager } = setUp();
    manager.connect('pancakes').catch(() => {});
    await env.advance(10_000);
    expect(manager.state).toBe('reconnecting');
    expect(env.live).toHaveLength(0);
  });

  it('abandons a socket whose server does not answer the auth, and tries up to the limit', async () => {
    const { env, manager } = await setUpAuthenticating();
    await env.advance(4_999);
    expect(manager.state).toBe('authenticating');
    await env.advance(1);
    expect(manager.state).toBe('reconnecting');
    for (const _ of [2, 3]) {
      const socket = await nextSocket(env, manager);
      socket.accept();
      await env.advance(5_000);
    }
    expect(manager.state).toBe('disconnected');
    expect(manager.getSnapshot().ending).toMatchObject({ action: 'try_again' });
    expect(env.sockets).toHaveLength(3);
  });

  it('is authenticated by a recipe update only, not by another frame', async () => {
    const { env, manager } = await setUpAuthenticating();
    env.socket.say('pong', { in_reply_to: 'x' });
    env.socket.say('error', { code: 'internal', message: '', retryable: true });
    env.socket.say('auth_required', { reason: 'Token expiring soon', expires_at: '' });
    expect(manager.state).toBe('authenticating');
    env.socket.welcome();
    expect(manager.state).toBe('authenticated');
  });

  it('is not authenticated by a recipe update before its auth is sent', async () => {
    const { env, manager } = setUp();
    manager.connect('pancakes').catch(() => {});
    await settled();
    env.socket.say('recipe_update', update());
    expect(manager.state).toBe('connecting');
    expect(env.socket.sent).toHaveLength(0);
  });

  it('gets its token before it opens the socket, and sends it at once', async () => {
    const { env, tokens, manager } = setUp();
    manager.connect('pancakes').catch(() => {});
    expect(tokens.requests).toHaveLength(1);
    expect(env.sockets).toHaveLength(0);
    await settled();
    env.socket.accept();
    expect(env.socket.last).toMatchObject({ type: 'auth', payload: { token: 'token-0' } });
    expect(env.socket.last?.timestamp).toMatch(/^\d{4}-.*Z$/);
  });

  it('ignores events of an abandoned socket', async () => {
    const { env, manager } = await setUpAuthenticating();
    const { onclose, onmessage } = env.socket;
    await env.advance(5_000);
    const next = await nextSocket(env, manager);
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
    const { env } = await setUpLive();
    env.socket.say('recipe_update', update({ revision: 7, messages: [] }));
    env.socket.drop();
    await env.advance(2_000);
    env.socket.accept();
    await settled();
    expect(env.socket.last).toMatchObject({ payload: { session: 's-1', revision: 7 } });
  });

  it('names the message at its revision, if it has one', async () => {
    const { env, manager } = await setUpLive();
    env.socket.say('recipe_update', update({ revision: 2, message: messageOf(2) }));
    env.socket.drop();
    (await nextSocket(env, manager)).accept();
    expect(env.socket.last?.payload).toMatchObject({ revision: 2, message_id: 'm-2' });
    env.socket.welcome({ revision: 3, messages: [], messages_truncated: true, recovered: true });
    env.socket.drop();
    (await nextSocket(env, manager)).accept();
    expect(env.socket.last?.payload).toEqual({ token: 'token-0', session: 's-1', revision: 3 });
  });

  it('forgets session, history and outbox with another recipe', async () => {
    const { env, manager } = await setUpLive();
    manager.sendMessage('hello');
    manager.connect('waffles').catch(() => {});
    await settled();
    env.socket.accept();
    await settled();
    expect(env.socket.ofType('auth')[0]?.payload).toEqual({ token: 'token-0' });
    expect(manager.getSnapshot()).toMatchObject({ revision: null, outbox: [] });
  });

  it('shows "reconnecting" until it is authenticated again', async () => {
    const { env, manager } = await setUpLive();
    env.socket.drop();
    await env.advance(2_000);
    expect(manager.state).toBe('reconnecting');
    env.socket.accept();
    await settled();
    expect(manager.state).toBe('reconnecting');
    env.socket.welcome();
    expect(manager.state).toBe('authenticated');
  });
});

describe('a server that was restored from a backup', () => {
  const shown = (manager: WebSocketManager) =>
    manager.getSnapshot().messages.map(({ id, revision }) => `${revision} ${id}`);

  /** Authenticated at revision 5, with all messages from 2 on. */
  async function setUpAtFive() {
    const all = await setUpLive();
    const messages = [2, 3, 4, 5].map(revision => messageOf(revision));
    const recipe = recipeOf({ servings: 8 });
    all.env.socket.say('recipe_update', update({ revision: 5, messages, recipe }));
    return all;
  }

  async function comeBack(
    { env, manager }: Awaited<ReturnType<typeof setUpAtFive>>,
    more: Parameters<FakeSocket['welcome']>[0],
  ) {
    env.socket.drop();
    (await nextSocket(env, manager)).accept();
    env.socket.welcome(more);
  }

  it.each([
    ['says so', { recovered: false }],
    ['is of an older build and names an older revision', {}],
  ])('and %s decides: its recipe, its messages, and what comes next', async (_, more) => {
    const all = await setUpAtFive();
    await comeBack(all, { revision: 3, messages: [messageOf(2), messageOf(3)], ...more });
    const { env, manager } = all;
    expect(shown(manager)).toEqual(['2 m-2', '3 m-3']);
    expect(manager.getSnapshot()).toMatchObject({
      revision: 3,
      recipe: { servings: 4 },
      previous: { servings: 8 },
    });
    env.socket.say('recipe_update', update({ revision: 4, message: messageOf(4, { id: 'new' }) }));
    expect(shown(manager).at(-1)).toBe('4 new');
    expect(env.socket.ofType('auth')).toHaveLength(1);
  });

  it('and went on past our revision: other messages replace ours', async () => {
    const all = await setUpAtFive();
    const messages = [2, 3, 4, 5, 6].map(revision =>
      messageOf(revision, revision > 3 ? { id: `new-${revision}` } : {}),
    );
    await comeBack(all, { revision: 6, messages, recovered: false });
    expect(shown(all.manager)).toEqual(['2 m-2', '3 m-3', '4 new-4', '5 new-5', '6 new-6']);
  });

  it('that left out messages in between: history starts anew, without a gap', async () => {
    const all = await setUpAtFive();
    const messages = [90, 91].map(revision => messageOf(revision));
    await comeBack(all, { revision: 91, messages, messages_truncated: true, recovered: false });
    expect(shown(all.manager)).toEqual(['90 m-90', '91 m-91']);
    expect(all.manager.getSnapshot().olderExist).toBe(true);
  });

  it('is sent what it never acknowledged, and nothing else', async () => {
    const all = await setUpAtFive();
    const { env, manager } = all;
    const author = { id: 'u-ada', name: 'ada' };
    const [stored, lost] = ['acknowledged', 'sent'].map(text => {
      const sent = manager.sendMessage(text);
      return sent.ok ? sent.id : '';
    });
    const message = messageOf(6, { id: stored, author });
    env.socket.say('recipe_update', update({ revision: 6, message, in_reply_to: stored ?? '' }));
    await comeBack(all, { revision: 3, messages: [messageOf(2), messageOf(3)], recovered: false });
    expect(env.socket.ofType('chat_message').map(({ id }) => id)).toEqual([lost]);
  });

  it('under an open connection is noticed by another message at a known revision: we ask', async () => {
    const { env, manager } = await setUpAtFive();
    const sent = manager.sendMessage('third, again');
    const id = sent.ok ? sent.id : '';
    const message = messageOf(3, { id, author: { id: 'u-ada', name: 'ada' } });
    env.socket.say('recipe_update', update({ revision: 3, message, in_reply_to: id }));
    const asked = env.socket.ofType('auth').at(-1);
    expect(asked?.payload).toEqual({ token: 'token-0', revision: 5, message_id: 'm-5' });
    env.socket.welcome({ revision: 3, messages: [messageOf(2), message], recovered: false });
    expect(shown(manager)).toEqual(['2 m-2', `3 ${id}`]);
    expect(manager.getSnapshot().outbox).toEqual([]);
  });

  it('is not assumed when later updates overtake the answer to a re-authentication', async () => {
    const { env, manager } = await setUpAtFive();
    const expires_at = '2026-11-22T20:36:32.000Z';
    env.socket.say('auth_required', { reason: 'Token expiring soon', expires_at });
    await settled();
    env.socket.say('recipe_update', update({ revision: 6, message: messageOf(6) }));
    env.socket.welcome({ revision: 5, messages: [], recovered: true });
    expect(manager.getSnapshot().revision).toBe(6);
    expect(shown(manager)).toHaveLength(5);
  });

  it('is not mixed with earlier messages that were requested before', async () => {
    const all = await setUpAtFive();
    await comeBack(all, { revision: 2, messages: [messageOf(2)], recovered: false });
    all.manager.addOlder('pancakes', [messageOf(1), messageOf(2, { id: 'old' }), messageOf(3)]);
    expect(shown(all.manager)).toEqual(['1 m-1', '2 m-2']);
  });

  it('that refuses one more auth is asked again on a new connection', async () => {
    const { env, manager } = await setUpAtFive();
    env.socket.say('recipe_update', update({ revision: 9, message: messageOf(9) }));
    const in_reply_to = env.socket.last?.id;
    env.socket.say('error', { code: 'rate_limited', message: '', retryable: true, in_reply_to });
    expect(manager.state).toBe('reconnecting');
    (await nextSocket(env, manager)).accept();
    expect(env.socket.last?.payload).toMatchObject({ revision: 5, message_id: 'm-5' });
  });
});

describe('a token source', () => {
  it('that denies ends the connection, and the person is asked to sign in', async () => {
    const { tokens, env, manager } = setUp();
    tokens.respond = async () => {
      throw new Unauthorized();
    };
    manager.connect('pancakes').catch(() => {});
    await settled();
    expect(manager.getSnapshot()).toMatchObject({
      state: 'disconnected',
      ending: { action: 'sign_in' },
    });
    expect(env.live).toHaveLength(0);
  });

  it.each([
    ['cannot be reached', () => Promise.reject(new Error('unavailable'))],
    [
      'throws before it promises',
      () => {
        throw new TypeError('bug');
      },
    ],
    ['hangs', () => new Promise<string>(() => {})],
  ])('that %s is asked again without end, and no socket is opened', async (_, give) => {
    const { tokens, env, manager } = setUp();
    tokens.respond = give;
    manager.connect('pancakes').catch(() => {});
    await env.advance(600_000);
    expect(manager.getSnapshot()).toMatchObject({
      state: 'reconnecting',
      reason: { code: 0, reason: 'No token' },
    });
    expect(tokens.requests.length).toBeGreaterThan(20);
    expect(env.sockets).toHaveLength(0);
    tokens.respond = () => 'a token that is no promise';
    await env.advance(30_000);
    env.socket.accept();
    expect(env.socket.last).toMatchObject({ payload: { token: 'a token that is no promise' } });
  });

  it('that answers too late is ignored', async () => {
    const { tokens, env, manager } = setUp();
    const answers: ((token: string) => void)[] = [];
    tokens.respond = () => new Promise(resolve => answers.push(resolve));
    manager.connect('pancakes').catch(() => {});
    await env.advance(8_000);
    expect(tokens.requests[0]?.signal?.aborted).toBe(true);
    await env.advance(2_000);
    answers[0]?.('too-late');
    await settled();
    expect(env.sockets).toHaveLength(0);
    answers[1]?.('in-time');
    await settled();
    env.socket.accept();
    expect(env.socket.last).toMatchObject({ payload: { token: 'in-time' } });
    env.socket.welcome();
    expect(manager.state).toBe('authenticated');
  });

  it('that answers a re-authentication after its socket died is ignored', async () => {
    const { tokens, env, manager } = await setUpLive();
    let answer: (token: string) => void = () => {};
    tokens.respond = () =>
      new Promise(resolve => {
        answer = resolve;
      });
    const expires_at = '2026-11-22T20:36:32.000Z';
    env.socket.say('auth_required', { reason: 'Token expiring soon', expires_at });
    const late = answer;
    env.socket.drop();
    late('too-late');
    await env.advance(2_000);
    answer('in-time');
    await settled();
    env.socket.accept();
    expect(env.sockets).toHaveLength(2);
    expect(env.socket.ofType('auth').map(({ payload }) => payload.token)).toEqual(['in-time']);
    env.socket.welcome();
    expect(manager.state).toBe('authenticated');
  });
});
