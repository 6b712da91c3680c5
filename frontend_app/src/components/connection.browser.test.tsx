// What the page says about its connection, and when: nothing at first, never a cheer.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { messageOf, SESSION, update } from '../../test/fake-socket';
import { goLive, putOnStage, type Stage, turn } from '../../test/stage';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
  localStorage.clear();
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
const spoken = () => [...document.querySelectorAll('[role="status"]')].map(one => one.textContent);

async function putLiveOnStage(): Promise<Stage> {
  const stage = await putOnStage();
  await goLive(stage, { revision: 2, messages: [messageOf(2)] });
  await pass(11_000);
  return stage;
}

describe('an outage', () => {
  it('of less than a second is not mentioned', async () => {
    const stage = await putLiveOnStage();
    const calm = visibleText();
    stage.world.luck = 0.4; // of a ceiling of 2 s
    stage.world.socket.drop();
    await pass(790);
    expect(visibleText()).toBe(calm);
    await pass(10);
    stage.world.socket.accept();
    await turn();
    stage.world.socket.welcome({ revision: 2 });
    await pass(10_000);
    expect(visibleText()).toBe(calm);
    expect(spoken()).toEqual(['', '']);
  });

  it('gets a word after one second, a banner after five, and no cheer at its end', async () => {
    const stage = await putLiveOnStage();
    stage.world.luck = 1;
    stage.world.tell('offline');
    await pass(999);
    expect(pill()?.textContent).toBe('Connected');
    await pass(1);
    expect(pill()?.textContent).toContain('Reconnecting...');
    expect(pill()?.className).toBe('connection-status yellow');
    stage.manager.sendMessage('one');
    stage.manager.sendMessage('two');
    await pass(3_990);
    expect(visibleText()).not.toContain('Retry now');
    await pass(10);
    expect(visibleText()).toContain('We’ll send your 2 messages when you’re back.');
    expect(visibleText()).toContain('Retry now');
    stage.world.tell('online');
    await turn();
    stage.world.socket.accept();
    await turn();
    stage.world.socket.welcome({ revision: 2 });
    await pass(100);
    expect(visibleText()).not.toMatch(/Retry now|again|back/i);
    expect(pill()?.textContent).toBe('Connected');
    expect(spoken()[0]).toBe('Connected again.');
  });

  it('leaves the field usable, and counts down to the next try', async () => {
    const stage = await putLiveOnStage();
    stage.world.luck = 1;
    stage.world.socket.drop();
    await pass(1_100);
    expect(document.querySelector('textarea')?.disabled).toBe(false);
    expect(pill()?.textContent).toBe('Reconnecting...in 1 s');
  });
});

describe('the first connection', () => {
  it('shows its steps in words, and opens the field at the end', async () => {
    const stage = await putOnStage();
    const field = () => document.querySelector('textarea');
    await turn();
    expect(pill()?.textContent).toBe('Connecting...');
    stage.world.socket.accept();
    await pass(20);
    expect(pill()?.textContent).toBe('Authenticating...');
    expect(field()).toMatchObject({ disabled: true, placeholder: 'Authenticating...' });
    stage.world.socket.welcome();
    await pass(20);
    expect(pill()?.className).toBe('connection-status green');
    expect(pill()?.getAttribute('title')).toMatch(/^Renews itself before \d/);
    expect(field()).toMatchObject({ disabled: false, placeholder: 'Type a message...' });
  });
});

describe('what an operator will ask for', () => {
  const shown = () => document.querySelector('.connection-id')?.textContent;

  it('is in sight when the connection is away for long, and not before', async () => {
    const stage = await putLiveOnStage();
    stage.world.luck = 1;
    stage.world.tell('offline');
    await pass(4_900);
    expect(shown()).toBeUndefined();
    await pass(200);
    expect(shown()).toContain(SESSION.connection);
  });

  it('is in sight when it has ended, as the last words of the server named it', async () => {
    const stage = await putLiveOnStage();
    const closing = { code: 1008, reason: 'Session revoked', action: 'sign_in', connection: 'c-9' };
    stage.world.socket.say('closing', closing);
    await pass(20);
    expect(visibleText()).toContain('You are signed out');
    expect(shown()).toMatch(/: c-9$/);
  });
});

describe('re-authentication', () => {
  const soon = { reason: 'Token expiring soon', expires_at: '2026-11-22T20:36:32.000Z' };

  it('is not seen when it works', async () => {
    const stage = await putLiveOnStage();
    const calm = visibleText();
    stage.world.socket.say('auth_required', soon);
    await pass(500);
    expect(visibleText()).toBe(calm);
    stage.world.socket.welcome({ revision: 2, session: SESSION });
    await pass(5_000);
    expect(visibleText()).toBe(calm);
  });

  it('is mentioned when it takes more than two seconds', async () => {
    const stage = await putLiveOnStage();
    stage.tokens.give = () => new Promise(() => {});
    stage.world.socket.say('auth_required', soon);
    await pass(1_990);
    expect(visibleText()).not.toContain('Keeping you signed in');
    await pass(20);
    expect(visibleText()).toContain('Keeping you signed in…');
  });

  it('that fails asks the person, and keeps the conversation and the draft', async () => {
    const stage = await putLiveOnStage();
    const field = document.querySelector('textarea') as HTMLTextAreaElement;
    localStorage.setItem('draft:u-ada:pancakes', field.value);
    stage.world.socket.drop(1008, 'Re-authentication timeout');
    await turn();
    stage.world.socket.accept();
    stage.world.socket.drop(1008, 'Invalid token');
    await pass(20);
    expect(visibleText()).toContain('You are signed out');
    expect(visibleText()).toContain('message 2');
    expect(document.activeElement?.textContent).toBe('You are signed out');
    expect(pill()?.className).toBe('connection-status red');
  });
});

describe('what is written', () => {
  const field = () => document.querySelector('textarea') as HTMLTextAreaElement;

  /** As the browser does it: the value changes, then the page hears of it. */
  function type(text: string): void {
    const { set } = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value') ?? {};
    set?.call(field(), field().value + text);
    field().dispatchEvent(new InputEvent('input', { bubbles: true }));
  }

  function pressEnter(): void {
    const enter = { key: 'Enter', bubbles: true, cancelable: true };
    field().dispatchEvent(new KeyboardEvent('keydown', enter));
  }

  it('in a minute without a network is neither lost nor sent early, and goes out in order', async () => {
    const stage = await putLiveOnStage();
    stage.world.tell('offline');
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
      stage.world.sockets
        .flatMap(socket => socket.ofType('chat_message'))
        .map(({ payload }) => payload.content);
    expect(sent()).toEqual([]);
    expect(document.querySelectorAll('.message.pending')).toHaveLength(12);
    stage.world.tell('online');
    await goLive(stage, { revision: 2 });
    for (let revision = 3; revision < 15; revision += 1) {
      const next = stage.world.socket.ofType('chat_message')[revision - 3];
      const message = messageOf(revision, { id: next?.id, author: SESSION.user });
      stage.world.socket.say('recipe_update', update({ revision, message }));
      await turn();
    }
    expect(sent()).toEqual(written);
    expect(field().value).toBe('and a draft');
    expect(document.querySelectorAll('.message.pending')).toHaveLength(0);
  });

  it('and has no echo after ten seconds is said to be still on its way', async () => {
    const stage = await putLiveOnStage();
    stage.manager.sendMessage('hello');
    await pass(9_900);
    expect(visibleText()).not.toContain('Still sending');
    await pass(100);
    expect(visibleText()).toContain('Still sending…');
  });
});
