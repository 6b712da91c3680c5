// At the stove: cook mode, timers, what others do meanwhile, and suggestions that are one tap away.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { messageOf, update } from '../../packages/client/test/fake-socket';
import { expectAccessibleEverywhere, VIEWPORTS } from '../../test/axe';
import { ADA, goLive, PANCAKES, renderRecipeChat, type View } from '../../test/render';
import { forgetTimers } from '../lib/timers';

const TIMED = {
  ...PANCAKES,
  steps: [
    { id: 's1', text: 'Whisk the flour and the milk, then rest for 20 minutes.' },
    { id: 's2', text: 'Fry in butter until golden.' },
  ],
};
const LEO = { id: 'u-leo', name: 'leo' };

let view: View;

beforeEach(async () => {
  await page.viewport(390, 844);
  localStorage.clear();
  forgetTimers();
  view = await renderRecipeChat();
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  localStorage.clear();
  sessionStorage.clear();
});

const sent = () => view.env.socket.ofType('chat_message').map(({ payload }) => payload.content);
const cook = async () => {
  await page.getByRole('button', { name: 'Cook', exact: true }).click();
  await expect.element(page.getByRole('dialog', { name: 'Cook Pancakes' })).toBeVisible();
};
const place = () => document.querySelector('.cook-mode header .soft')?.textContent;

describe('cook mode', () => {
  it('shows one step at a time with its ingredients, by buttons, keys and swipes, and ticks what is done', async () => {
    await goLive(view, { recipe: TIMED });
    await cook();
    expect(place()).toBe('Step 1 of 2');
    const rows = [...document.querySelectorAll('.cook-step .name')].map(one => one.textContent);
    expect(rows).toEqual(['flour, sifted', 'milk']);
    await page.getByRole('button', { name: 'Step 2' }).click();
    await expect.poll(place).toBe('Step 2 of 2');
    await userEvent.keyboard('{ArrowLeft}');
    await expect.poll(place).toBe('Step 1 of 2');
    swipe(-100);
    await expect.poll(place).toBe('Step 2 of 2');
    await page.getByRole('button', { name: 'Done' }).click();
    await expect.element(page.getByRole('dialog')).not.toBeInTheDocument();
    const ticked = [...document.querySelectorAll<HTMLInputElement>('.steps input')];
    expect(ticked.map(({ checked }) => checked)).toEqual([true, true]);
  });

  it('keeps the screen awake, and lets it sleep afterwards', async () => {
    const release = vi.fn(async () => {});
    const request = vi.fn(async () => ({ release }) as unknown as WakeLockSentinel);
    vi.spyOn(navigator.wakeLock, 'request').mockImplementation(request);
    await goLive(view, { recipe: TIMED });
    await cook();
    await expect.poll(() => request.mock.calls.length).toBeGreaterThan(0);
    await userEvent.keyboard('{Escape}');
    await expect.poll(() => release.mock.calls.length).toBeGreaterThan(0);
  });

  it('has no axe violations, at any width in either theme, also on a phone on its side', async () => {
    await goLive(view, { recipe: TIMED });
    await cook();
    await expectAccessibleEverywhere('', [...VIEWPORTS, [844, 390]]);
  });
});

describe('a time in a step', () => {
  const pill = () => document.querySelector('.timer b')?.textContent;

  it('is a timer, one tap away, that survives a reload, rings and is dismissed', async () => {
    await goLive(view, { recipe: TIMED });
    await page.getByRole('button', { name: 'Start a timer: 20 minutes' }).click();
    await expect.poll(pill).toMatch(/^(20:00|19:5\d)$/);
    expect(sent()).toEqual([]);
    const [stored] = JSON.parse(localStorage.getItem('ticks:timers') ?? '[]');
    expect(stored).toMatchObject({ label: 'step 1' });
    // In the step it counts down too, and is no button meanwhile.
    const inStep = () => document.querySelector('.steps .time')?.textContent;
    expect(inStep()).toMatch(/^(20:00|19:\d\d) left$/);
    vi.useFakeTimers({ now: stored.endsAt - 30_000, toFake: ['Date'] });
    await expect.poll(pill).toMatch(/^0:[0-3]\d$/);
    vi.setSystemTime(stored.endsAt + 500);
    await expect.poll(inStep).toBe('20 minutes');
    await expect.element(page.getByText('Time is up: step 1')).toBeInTheDocument();
    vi.useRealTimers();
    await page.getByRole('button', { name: /^Stop ringing: step 1/ }).click();
    await expect.poll(() => document.querySelector('.timer')).toBeNull();
    expect(localStorage.getItem('ticks:timers')).toBeNull();
  });

  it('starts one for everybody where the server keeps timers, and shows those of others', async () => {
    const ends_at = new Date(Date.now() + 90_500).toISOString();
    const timers = [{ id: 't1', label: 'pasta', ends_at, by: 'leo' }];
    await goLive(view, { recipe: { ...TIMED, timers } });
    await expect.poll(pill).toMatch(/^1:(3|2)\d$/);
    expect(document.querySelector('.timer-label')?.textContent).toBe('pasta leo');
    await page.getByRole('button', { name: 'Start a timer: 20 minutes' }).click();
    await page.getByRole('button', { name: 'Stop the timer: pasta' }).click();
    expect(sent()).toEqual(['timer 20 minutes for step 1', 'stop the pasta timer']);
  });
});

describe('the others', () => {
  it('are seen in the header, and while they write', async () => {
    await page.viewport(1280, 800);
    await goLive(view);
    const people = [ADA, LEO].map(user => ({ ...user, role: 'editor', typing: user === LEO }));
    view.env.socket.say('presence', { people, count: 2 });
    await expect.element(page.getByRole('list', { name: '2 people are here' })).toBeVisible();
    const faces = [...document.querySelectorAll('.page-header .face')];
    expect(faces.map(face => face.getAttribute('aria-label'))).toEqual(['leo', 'ada']);
    await expect.element(page.getByText('leo is typing…')).toBeVisible();
    const message = messageOf(2, { author: LEO, content: 'there' });
    view.env.socket.say('recipe_update', update({ revision: 2, recipe: PANCAKES, message }));
    await expect.element(page.getByText('leo is typing…')).not.toBeInTheDocument();
    view.env.socket.say('presence', { people, count: 2 });
    await expect.element(page.getByText('leo is typing…')).toBeVisible();
  });

  it('are told that one writes, where the server knows of presence, and only there', async () => {
    await goLive(view);
    const field = page.getByRole('textbox', { name: 'Message' });
    await field.fill('a');
    expect(view.env.socket.sent.some(({ type }) => type === 'typing')).toBe(false);
    view.env.socket.say('presence', { people: [], count: 1 });
    await field.fill('ab');
    await expect
      .poll(() => view.env.socket.sent.filter(({ type }) => type === 'typing').length)
      .toBe(1);
  });
});

describe('a suggestion', () => {
  it('is sent by one tap, word for word, and gone then', async () => {
    await page.viewport(1280, 800);
    await goLive(view);
    const message = messageOf(2, {
      author: ADA,
      content: 'a bit more garlic',
      hint: 'How much?',
      suggestions: ['change garlic to 3 cloves', 'change garlic to 4 cloves'],
    });
    view.env.socket.say('recipe_update', update({ revision: 2, recipe: PANCAKES, message }));
    await expect.element(page.getByText('Only you can see this')).toBeVisible();
    expect(document.querySelector('.suggestions')?.textContent).toContain('How much?');
    await page.getByRole('button', { name: 'change garlic to 3 cloves' }).click();
    expect(sent()).toEqual(['change garlic to 3 cloves']);
    await expect.poll(() => document.querySelector('.suggestions')).toBeNull();
    await expect.element(page.getByText('How much?')).toBeVisible();
  });
});

function swipe(by: number): void {
  const dialog = document.querySelector('.cook-mode') as HTMLElement;
  const at = (type: string, clientX: number) =>
    dialog.dispatchEvent(new PointerEvent(type, { clientX, clientY: 300, bubbles: true }));
  at('pointerdown', 200);
  at('pointerup', 200 + by);
}
