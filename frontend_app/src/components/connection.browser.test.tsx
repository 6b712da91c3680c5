// What the page shows about its connection, and when: nothing at first, and no success message afterwards.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { messageOf, SESSION, update } from '../../packages/client/test/fake-socket';
import { goLive, renderRecipeChat, turn, type View } from '../../test/render';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
  localStorage.clear();
  sessionStorage.clear();
});

const pass = async (ms: number) => {
  await vi.advanceTimersByTimeAsync(ms);
  await turn();
};
const pill = () => document.querySelector('.connection-status');
const visibleText = () => {
  const page = document.querySelector('.recipe-chat')?.cloneNode(true) as HTMLElement;
  for (const hidden of page.querySelectorAll('.visually-hidden, .skip-link')) hidden.remove();
  return page.textContent ?? '';
};
/** The part of the page with this text is loaded when it is needed. */
const loaded = (text: string) => vi.waitFor(() => expect(visibleText()).toContain(text));
const spoken = () => [...document.querySelectorAll('[role="status"]')].map(one => one.textContent);

async function renderLive(): Promise<View> {
  const view = await renderRecipeChat();
  await goLive(view, { revision: 2, messages: [messageOf(2)] });
  await pass(11_000);
  return view;
}

describe('an outage', () => {
  it('of less than a second is not mentioned', async () => {
    const view = await renderLive();
    const calm = visibleText();
    view.env.random = 0.4; // of a ceiling of 2 s
    view.env.socket.drop();
    await pass(790);
    expect(visibleText()).toBe(calm);
    await pass(10);
    view.env.socket.accept();
    await turn();
    view.env.socket.welcome({ revision: 2 });
    await pass(10_000);
    expect(visibleText()).toBe(calm);
    expect(spoken()).toEqual(['', '']);
  });

  it('is shown after one second, in a banner after five, and without a success message at its end', async () => {
    const view = await renderLive();
    view.env.random = 1;
    view.env.emit('offline');
    await pass(999);
    expect(pill()?.textContent).toBe('Connected');
    await pass(1);
    expect(pill()?.textContent).toContain('Reconnecting...');
    expect(pill()?.className).toBe('connection-status yellow');
    view.manager.sendMessage('one');
    view.manager.sendMessage('two');
    await pass(3_990);
    expect(visibleText()).not.toContain('Retry now');
    await pass(10);
    expect(visibleText()).toContain('We’ll send your 2 messages when you’re back.');
    expect(visibleText()).toContain('Retry now');
    view.env.emit('online');
    await turn();
    view.env.socket.accept();
    await turn();
    view.env.socket.welcome({ revision: 2 });
    await pass(100);
    expect(visibleText()).not.toMatch(/Retry now|again|back/i);
    expect(pill()?.textContent).toBe('Connected');
    expect(spoken()[0]).toBe('Connected again.');
  });

  it('leaves the field usable, and counts down to the next attempt', async () => {
    const view = await renderLive();
    view.env.random = 1;
    view.env.socket.drop();
    await pass(1_100);
    expect(document.querySelector('textarea')?.disabled).toBe(false);
    expect(pill()?.textContent).toBe('Reconnecting...in 1 s');
  });
});

describe('the first connection', () => {
  it('shows its states, and enables the field at the end', async () => {
    const view = await renderRecipeChat();
    const field = () => document.querySelector('textarea');
    await turn();
    expect(pill()?.textContent).toBe('Connecting...');
    view.env.socket.accept();
    await pass(20);
    expect(pill()?.textContent).toBe('Authenticating...');
    expect(field()).toMatchObject({ disabled: true, placeholder: 'Authenticating...' });
    view.env.socket.welcome();
    await pass(20);
    expect(pill()?.className).toBe('connection-status green');
    expect(pill()?.getAttribute('title')).toMatch(/^Signed in until \d/);
    expect(field()).toMatchObject({
      disabled: false,
      placeholder: expect.stringContaining('Type a message...'),
    });
  });
});

describe('the connection id', () => {
  const shown = () => document.querySelector('.connection-id')?.textContent;

  it('is shown when the connection is away for long, and not before', async () => {
    const view = await renderLive();
    view.env.random = 1;
    view.env.emit('offline');
    await pass(4_900);
    expect(shown()).toBeUndefined();
    await pass(200);
    expect(shown()).toContain(SESSION.connection);
  });

  it('is shown when the connection has ended, as the closing frame named it', async () => {
    const view = await renderLive();
    const closing = { code: 1008, reason: 'Session revoked', action: 'sign_in', connection: 'c-9' };
    view.env.socket.say('closing', closing);
    await loaded('You are signed out');
    expect(shown()).toMatch(/: c-9$/);
  });
});

describe('re-authentication', () => {
  const soon = { reason: 'Token expiring soon', expires_at: '2026-11-22T20:36:32.000Z' };

  it('is not shown when it works', async () => {
    const view = await renderLive();
    const calm = visibleText();
    view.env.socket.say('auth_required', soon);
    await pass(500);
    expect(visibleText()).toBe(calm);
    view.env.socket.welcome({ revision: 2, session: SESSION });
    await pass(5_000);
    expect(visibleText()).toBe(calm);
  });

  it('is shown when it takes more than two seconds', async () => {
    const view = await renderLive();
    view.tokens.respond = () => new Promise(() => {});
    view.env.socket.say('auth_required', soon);
    await pass(1_990);
    expect(visibleText()).not.toContain('Keeping you signed in');
    await pass(20);
    expect(visibleText()).toContain('Keeping you signed in…');
  });

  it('that fails asks the person, and keeps the conversation and the draft', async () => {
    const view = await renderLive();
    const field = document.querySelector('textarea') as HTMLTextAreaElement;
    localStorage.setItem('draft:u-ada:pancakes', field.value);
    view.env.socket.drop(1008, 'Re-authentication timeout');
    await turn();
    view.env.socket.accept();
    view.env.socket.drop(1008, 'Invalid token');
    await loaded('You are signed out');
    expect(visibleText()).toContain('message 2');
    expect(document.activeElement?.textContent).toBe('You are signed out');
    expect(pill()?.className).toBe('connection-status red');
  });
});

describe('a written message', () => {
  const field = () => document.querySelector('textarea') as HTMLTextAreaElement;

  /** As the browser does it: the value changes, then the event is dispatched. */
  function type(text: string): void {
    const { set } = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value') ?? {};
    set?.call(field(), field().value + text);
    field().dispatchEvent(new InputEvent('input', { bubbles: true }));
  }

  function pressEnter(): void {
    const enter = { key: 'Enter', bubbles: true, cancelable: true };
    field().dispatchEvent(new KeyboardEvent('keydown', enter));
  }

  it('without a network for a minute is neither lost nor sent early, and is sent in order', async () => {
    const view = await renderLive();
    view.env.emit('offline');
    const written = Array.from({ length: 12 }, (_, at) => `note ${at}`);
    for (const text of written) {
      for (const letter of text) {
        type(letter);
        await pass(500);
      }
      pressEnter();
      await pass(2_000);
    }
    type('and a draft');
    await pass(500);
    const sent = () =>
      view.env.sockets
        .flatMap(socket => socket.ofType('chat_message'))
        .map(({ payload }) => payload.content);
    expect(sent()).toEqual([]);
    expect(document.querySelectorAll('.message.pending')).toHaveLength(12);
    view.env.emit('online');
    await goLive(view, { revision: 2 });
    for (let revision = 3; revision < 15; revision += 1) {
      const next = view.env.socket.ofType('chat_message')[revision - 3];
      const message = messageOf(revision, { id: next?.id, author: SESSION.user });
      view.env.socket.say('recipe_update', update({ revision, message }));
      await turn();
    }
    expect(sent()).toEqual(written);
    expect(field().value).toBe('and a draft');
    expect(document.querySelectorAll('.message.pending')).toHaveLength(0);
  });

  it('without an echo after ten seconds is shown as still being sent', async () => {
    const view = await renderLive();
    view.manager.sendMessage('hello');
    await pass(9_900);
    expect(visibleText()).not.toContain('Still sending');
    await pass(100);
    expect(visibleText()).toContain('Still sending…');
  });
});
