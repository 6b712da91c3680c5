// A recipe's page as its reader meets it: on a phone and in the background, as a viewer, and when access is taken away.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { messageOf, SESSION, update } from '../../packages/client/test/fake-socket';
import { expectAccessibleEverywhere } from '../../test/axe';
import { ADA, goLive, PANCAKES, renderRecipeChat, turn, type View } from '../../test/render';
import type { Role } from '../lib/access';

const LEO = { id: 'u-leo', name: 'leo' };
const sessionAs = (role: Role) => ({ ...SESSION, role });
const isSeen = (what: string) => document.querySelector(what)?.checkVisibility() ?? false;
const say = (view: View, revision: number, more: Record<string, unknown> = {}) =>
  view.env.socket.say(
    'recipe_update',
    update({ revision, recipe: PANCAKES, message: messageOf(revision, { author: LEO, ...more }) }),
  );

beforeEach(() => page.viewport(1280, 800));

afterEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

describe('on a phone', () => {
  beforeEach(() => page.viewport(390, 844));

  it('docks what somebody did with a button as a line of the system, not as words that nobody said', async () => {
    await page.viewport(390, 844);
    const view = await renderRecipeChat();
    const content = 'Here is the recipe from JSON (c2b1)';
    const imported = messageOf(2, { content, effect: 'Imported Soup: 6 ingredients', author: LEO });
    await goLive(view, { revision: 2, messages: [imported] });
    await turn();
    const panel = document.querySelector('.chat-panel');
    expect(panel?.querySelector('.last-message')?.textContent).toBe(
      'leo imported Soup: 6 ingredients',
    );
    expect(panel?.querySelector('[role="status"]')?.textContent).toBe(
      'leo imported Soup: 6 ingredients',
    );
  });

  it('the recipe is what one sees first, with the last thing said and the field below', async () => {
    const view = await renderRecipeChat();
    await goLive(view, { revision: 2, messages: [messageOf(2, { author: LEO })] });
    await expect.element(page.getByRole('heading', { name: 'Pancakes' })).toBeVisible();
    await expect.element(page.getByRole('textbox', { name: 'Message' })).toBeVisible();
    expect(isSeen('.message-area')).toBe(false);
    expect(document.querySelector('.last-message')?.textContent).toBe('leo message 2');
  });

  it('what others say meanwhile is counted, until the conversation is opened', async () => {
    const view = await renderRecipeChat();
    await goLive(view, { revision: 2, messages: [messageOf(2, { author: LEO })] });
    for (const revision of [3, 4, 5]) say(view, revision);
    await expect.poll(() => document.querySelector('.badge')?.textContent).toBe('3 new');
    await page.getByRole('button', { name: /leo message 5/ }).click();
    expect(isSeen('.message-area')).toBe(true);
    expect(document.querySelector('.recipe-panel')?.hasAttribute('inert')).toBe(true);
    await userEvent.keyboard('{Escape}');
    await expect.poll(() => isSeen('.message-area')).toBe(false);
    expect(document.querySelector('.badge')).toBeNull();
  });

  it('an outage, a failed message and the end of the session are seen without opening anything', async () => {
    const view = await renderRecipeChat();
    const socket = await goLive(view);
    view.manager.sendMessage('rude');
    const in_reply_to = socket.ofType('chat_message')[0]?.id;
    const error = { code: 'forbidden', message: 'No.', retryable: false, in_reply_to };
    socket.say('error', error);
    await expect
      .poll(() => document.querySelector('.last-message')?.textContent)
      .toBe('Not sent rude');
    socket.drop(1008, 'Session revoked');
    await expect.element(page.getByRole('heading', { name: 'You are signed out' })).toBeVisible();
  });

  it('the menu is inside the screen, down to 320 pixels and in landscape', async () => {
    for (const [width, height] of [
      [320, 640],
      [844, 390],
    ] as const) {
      await page.viewport(width, height);
      const view = await renderRecipeChat();
      await goLive(view);
      document.querySelector('summary')?.click();
      await expect.element(page.getByRole('button', { name: 'Sign out' })).toBeInTheDocument();
      const box = document.querySelector('.menu-items')?.getBoundingClientRect();
      expect(box?.left).toBeGreaterThanOrEqual(0);
      expect(box?.right).toBeLessThanOrEqual(width);
      expect(box?.bottom).toBeLessThanOrEqual(height);
      await view.screen.unmount();
    }
  });
});

describe('the menu', () => {
  it('is walked through with the arrow keys, and closed with Escape', async () => {
    await goLive(await renderRecipeChat());
    (document.querySelector('summary') as HTMLElement).focus();
    await userEvent.keyboard('{ArrowDown}');
    await expect.element(page.getByRole('button', { name: 'Print' })).toBeVisible();
    await userEvent.keyboard('{ArrowDown}');
    const first = document.activeElement?.textContent;
    await userEvent.keyboard('{ArrowDown}{ArrowUp}');
    expect(document.activeElement?.textContent).toBe(first);
    await userEvent.keyboard('{Escape}');
    expect(document.activeElement?.tagName).toBe('SUMMARY');
    expect(document.querySelector('details')?.open).toBe(false);
  });

  it('is accessible while it is open', async () => {
    await goLive(await renderRecipeChat());
    document.querySelector('summary')?.click();
    await expect.element(page.getByRole('button', { name: 'Print' })).toBeVisible();
    await expectAccessibleEverywhere();
  });
});

describe('a viewer', () => {
  it('reads: no field, no undo, no import, nothing that changes the recipe', async () => {
    const view = await renderRecipeChat();
    const messages = [messageOf(2, { effect: 'Added salt' })];
    await goLive(view, { revision: 2, messages, session: sessionAs('viewer') });
    await expect
      .element(page.getByText('You can view this recipe.', { exact: false }))
      .toBeVisible();
    expect(document.querySelector('textarea')).toBeNull();
    expect(document.body.textContent).not.toContain('Undo');
    await page.getByRole('button', { name: 'One more' }).click();
    expect(document.body.textContent).toContain('Only for you');
    expect(document.body.textContent).not.toContain('for everyone');
    document.querySelector('summary')?.click();
    await expect.element(page.getByRole('button', { name: 'Print' })).toBeVisible();
    expect(document.body.textContent).not.toContain('Import');
  });

  it('who becomes an editor can write at once, and the other way round', async () => {
    const view = await renderRecipeChat();
    const socket = await goLive(view, { session: sessionAs('viewer') });
    const changeTo = (role: Role) =>
      socket.say('recipe_update', update({ recipe: PANCAKES, session: sessionAs(role) }));
    changeTo('editor');
    await expect.element(page.getByRole('textbox', { name: 'Message' })).toBeEnabled();
    changeTo('viewer');
    await expect
      .element(page.getByText('You can view this recipe.', { exact: false }))
      .toBeVisible();
  });
});

describe('without access', () => {
  it('a recipe that is not there and one that is not shared look alike', async () => {
    const view = await renderRecipeChat();
    await turn();
    view.env.socket.accept();
    await turn();
    view.env.socket.drop(1008, 'Not allowed');
    await expect.element(page.getByRole('heading', { name: 'No recipe here' })).toBeVisible();
    await expect
      .element(page.getByText('There is no such recipe, or you may not see it.', { exact: false }))
      .toBeVisible();
    await expectAccessibleEverywhere();
    await page.getByRole('button', { name: 'Try again' }).click();
    await goLive(view);
    await expect.element(page.getByRole('heading', { name: 'Pancakes' })).toBeVisible();
  });

  it('whoever was invited meanwhile is in when the page is looked at again', async () => {
    const view = await renderRecipeChat();
    await turn();
    view.env.socket.accept();
    await turn();
    view.env.socket.drop(1008, 'Not allowed');
    await expect.element(page.getByRole('heading', { name: 'No recipe here' })).toBeVisible();
    expect(document.querySelector('.skeleton')).toBeNull();
    const refused = view.env.socket;
    document.dispatchEvent(new Event('visibilitychange'));
    await expect.poll(() => view.env.socket === refused).toBe(false);
    await goLive(view);
    await expect.element(page.getByRole('heading', { name: 'Pancakes' })).toBeVisible();
  });

  it('nothing of the recipe stays on the screen of somebody who was removed', async () => {
    const view = await renderRecipeChat();
    const socket = await goLive(view, { revision: 2, messages: [messageOf(2)] });
    socket.drop(1008, 'Not allowed');
    await expect
      .element(page.getByRole('heading', { name: 'You no longer have access' }))
      .toBeVisible();
    expect(document.body.textContent).not.toMatch(/flour|message 2/);
    await expectAccessibleEverywhere();
  });
});

describe('the conversation', () => {
  const list = () => document.querySelector('.message-list') as HTMLElement;

  it('has addresses that one can follow, which tell the other site nothing, and no other links', async () => {
    const view = await renderRecipeChat();
    const content =
      'see https://cook.example/a?b=c#d, (http://x.example/y) or javascript:alert(1) www.example';
    await goLive(view, { revision: 2, messages: [messageOf(2, { content, author: LEO })] });
    const links = () => [...document.querySelectorAll<HTMLAnchorElement>('.bubble a')];
    await expect
      .poll(() => links().map(({ href }) => href))
      .toEqual(['https://cook.example/a?b=c#d', 'http://x.example/y']);
    expect(links().every(({ target, rel }) => target === '_blank' && rel === 'noreferrer')).toBe(
      true,
    );
    expect(document.querySelector('.bubble')?.textContent).toBe(content);
  });

  it('has a line between days', async () => {
    const at = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
    const messages = [
      messageOf(2, { timestamp: '2020-03-01T12:00:00Z' }),
      messageOf(3, { timestamp: '2020-03-01T12:01:00Z' }),
      messageOf(4, { timestamp: at(24) }),
      messageOf(5, { timestamp: at(0) }),
    ];
    await goLive(await renderRecipeChat(), { revision: 5, messages });
    await expect
      .poll(() => [...document.querySelectorAll('.day')].map(({ textContent }) => textContent))
      .toEqual([expect.stringContaining('2020'), 'Yesterday', 'Today']);
  });

  it('scrolls to what one has just sent, wherever one was', async () => {
    const messages = Array.from({ length: 60 }, (_, at) => messageOf(at + 2));
    const view = await renderRecipeChat();
    await goLive(view, { revision: 61, messages });
    await expect.poll(() => list().scrollTop).toBeGreaterThan(500);
    list().scrollTop = 0;
    await expect.poll(() => list().getAttribute('aria-live')).toBe('off');
    view.manager.sendMessage('mine');
    await expect
      .poll(() => list().scrollHeight - list().scrollTop - list().clientHeight)
      .toBeLessThan(2);
    expect(document.body.textContent).not.toContain('new message');
  });

  it('shows what was done with a button as a line of its own, not as something said', async () => {
    const messages = [
      messageOf(2, { content: '/invite dora as editor', effect: 'Invited dora', author: ADA }),
      messageOf(3, { content: 'Here is the recipe from Cooklang (c8f)', effect: 'Imported Soup' }),
      messageOf(4, { content: '/invite eve', effect: 'eve can now view' }),
    ];
    await goLive(await renderRecipeChat(), { revision: 4, messages });
    await expect
      .poll(() => [...document.querySelectorAll('.system')].map(({ textContent }) => textContent))
      .toEqual([
        expect.stringMatching(/^You invited dora · /),
        expect.stringMatching(/^bob imported Soup · /),
        expect.stringMatching(/^bob: eve can now view · /),
      ]);
    expect(document.querySelector('.bubble')).toBeNull();
  });

  it('says that a message waits while there is no connection', async () => {
    const view = await renderRecipeChat();
    await goLive(view);
    view.env.emit('offline');
    view.manager.sendMessage('later');
    await expect
      .poll(() => document.querySelector('.delivery')?.textContent)
      .toBe('Waiting for a connection');
  });

  it('is counted in the title while the page is in the background', async () => {
    const view = await renderRecipeChat();
    await goLive(view, { revision: 2, messages: [messageOf(2)] });
    await expect.poll(() => document.title).toBe('Pancakes · Recipe Chat');
    setHidden(true);
    for (const revision of [3, 4]) say(view, revision);
    say(view, 5, { author: ADA });
    await expect.poll(() => document.title).toBe('(2) Pancakes · Recipe Chat');
    setHidden(false);
    await expect.poll(() => document.title).toBe('Pancakes · Recipe Chat');
  });
});

function setHidden(hidden: boolean): void {
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event('visibilitychange'));
}
