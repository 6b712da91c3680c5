// What the page says about its connection, and when: nothing at first, never a cheer.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { messageOf, SESSION } from '../../test/fake-socket';
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
