// axe and WCAG 2.2 AA over the states of a recipe's page, in both themes, from 320 to 1920 pixels.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { cdp, page, userEvent } from 'vitest/browser';
import { messageOf, update } from '../../packages/client/test/fake-socket';
import { expectAccessibleEverywhere, VIEWPORTS } from '../../test/axe';
import { CHANGED, goLive, PANCAKES, renderRecipeChat, turn, type View } from '../../test/render';

/** Where the conversation is a sheet over the recipe. */
const PHONES = VIEWPORTS.filter(([width]) => width <= 800);

const talk = [2, 3, 4].map(revision =>
  messageOf(revision, revision === 3 ? { effect: 'Added 2 eggs', hint: 'Try “remove milk”' } : {}),
);

const STATES: Record<string, (view: View) => Promise<unknown>> = {
  loading: async () => turn(),
  empty: view => goLive(view),
  live: view => goLive(view, { revision: 4, messages: talk }),
  diff: async view => {
    const socket = await goLive(view);
    const message = messageOf(2, { effect: 'Changed flour' });
    socket.say('recipe_update', update({ revision: 2, recipe: CHANGED, message }));
  },
  failed: async view => {
    const socket = await goLive(view);
    for (const text of ['one', 'two']) view.manager.sendMessage(text);
    for (const { id } of socket.ofType('chat_message')) {
      const error = { code: 'forbidden', message: 'Only members may write.', retryable: false };
      socket.say('error', { ...error, in_reply_to: id });
    }
  },
  reconnecting: async view => {
    await goLive(view, { revision: 4, messages: talk });
    vi.useFakeTimers();
    view.env.emit('offline');
    view.manager.sendMessage('waits');
    await turn();
    vi.advanceTimersByTime(5_000);
    await turn();
    vi.useRealTimers();
    await expect.element(page.getByText('Retry now')).toBeVisible();
  },
  fatal: async view => {
    await goLive(view, { revision: 4, messages: talk });
    view.env.socket.drop(1008, 'Session revoked');
  },
  history: async view => {
    const messages = Array.from({ length: 450 }, (_, at) => messageOf(at + 2));
    await goLive(view, { revision: 451, messages, messages_truncated: true });
  },
};

const themed = (theme: string) => {
  document.documentElement.dataset['theme'] = theme;
};

afterEach(() => {
  themed('auto');
  localStorage.clear();
  sessionStorage.clear();
});

document.documentElement.lang = 'en';

describe('axe finds nothing at any width in either theme', () => {
  for (const [state, enter] of Object.entries(STATES)) {
    it(`in state ${state}`, async () => {
      await page.viewport(1280, 800);
      const view = await renderRecipeChat();
      await enter(view);
      await turn();
      await expectAccessibleEverywhere();
      await page.viewport(390, 844);
      await expect.poll(() => document.querySelector('.sheet-handle')).not.toBeNull();
      document.querySelector<HTMLElement>('.sheet-handle')?.click();
      await turn();
      await expectAccessibleEverywhere('', PHONES);
    });
  }
});

describe('WCAG 2.2 AA', () => {
  it('every target has at least 24 pixels, the most used ones 44', async () => {
    await page.viewport(1280, 800);
    const view = await renderRecipeChat();
    await STATES['diff']?.(view);
    await turn();
    for (const target of document.querySelectorAll(
      'button, a[href]:not(.skip-link), summary, input, textarea',
    )) {
      const { width, height } = target.getBoundingClientRect();
      if (width === 0) continue;
      expect(Math.min(width, height), target.outerHTML.slice(0, 100)).toBeGreaterThanOrEqual(24);
    }
    for (const target of document.querySelectorAll(
      '.primary, .servings button, textarea, summary',
    )) {
      expect(
        target.getBoundingClientRect().height,
        target.outerHTML.slice(0, 100),
      ).toBeGreaterThanOrEqual(44);
    }
  });

  it('nothing scrolls sideways at 320 pixels, nor with text at 200 %', async () => {
    await page.viewport(320, 640);
    const view = await renderRecipeChat();
    await STATES['live']?.(view);
    const fits = () => document.documentElement.scrollWidth <= innerWidth;
    expect(fits()).toBe(true);
    document.documentElement.style.fontSize = '200%';
    await turn();
    expect(fits(), '200 %').toBe(true);
    document.querySelector<HTMLElement>('.sheet-handle')?.click();
    await turn();
    expect(fits(), 'conversation').toBe(true);
    document.documentElement.style.fontSize = '';
  });

  it('marks changes without colour where colours are forced, and moves nothing where motion is unwanted', async () => {
    await page.viewport(1280, 800);
    const features = [
      { name: 'forced-colors', value: 'active' },
      { name: 'prefers-reduced-motion', value: 'reduce' },
    ];
    await cdp().send('Emulation.setEmulatedMedia', { features });
    const view = await renderRecipeChat();
    await STATES['diff']?.(view);
    await expect.element(page.getByText('removed')).toBeVisible();
    const style = (selector: string) =>
      getComputedStyle(document.querySelector(selector) as Element);
    expect(style('.recipe-row.added').outlineStyle).toBe('solid');
    expect(style('.recipe-row.removed').outlineStyle).toBe('dashed');
    expect(style('button').transitionDuration).toBe('0s');
    await cdp().send('Emulation.setEmulatedMedia', { features: [] });
  });

  it('prints the recipe alone', async () => {
    const view = await renderRecipeChat();
    await goLive(view, { revision: 4, messages: talk });
    const isSeen = (what: string) => document.querySelector(what)?.checkVisibility() ?? false;
    for (const [width, theme] of [
      [1280, 'light'],
      [390, 'dark'],
    ] as const) {
      await page.viewport(width, 800);
      themed(theme);
      await turn();
      if (width < 800) document.querySelector<HTMLElement>('.sheet-handle')?.click();
      await cdp().send('Emulation.setEmulatedMedia', { media: 'print' });
      const seen = ['.page-header', '.chat-panel', '.recipe-panel', '.ingredients'].map(isSeen);
      const title = getComputedStyle(document.querySelector('h1') as Element);
      const ink = title.color;
      await cdp().send('Emulation.setEmulatedMedia', { media: '' });
      expect(seen, `${width}`).toEqual([false, false, true, true]);
      expect(ink, theme).toBe('rgb(0, 0, 0)');
    }
    await page.viewport(1280, 800);
    await expect.poll(() => isSeen('.chat-panel')).toBe(true);
  });

  it('shows a change in words, not only in colour', async () => {
    await page.viewport(1280, 800);
    const view = await renderRecipeChat();
    await STATES['diff']?.(view);
    await expect.element(page.getByText('new', { exact: true })).toBeVisible();
    await expect.element(page.getByText('changed', { exact: true })).toBeVisible();
    await expect.element(page.getByText('removed', { exact: true })).toBeVisible();
    const region = document.querySelectorAll('[role="status"]')[1];
    expect(region?.textContent).toBe('Recipe updated: 3 ingredients changed');
  });

  it('can be used by keyboard alone, and the focus is always visible', async () => {
    await page.viewport(1280, 800);
    const view = await renderRecipeChat();
    const socket = await goLive(view, { revision: 4, messages: talk, recipe: PANCAKES });
    const seen: string[] = [];
    for (let step = 0; step < 30; step += 1) {
      await userEvent.keyboard('{Tab}');
      const focused = document.activeElement as HTMLElement;
      seen.push(focused.getAttribute('aria-label') ?? focused.textContent?.trim() ?? '');
      const box = focused.getBoundingClientRect();
      const top = document.elementFromPoint(
        box.x + box.width / 2,
        box.y + Math.min(box.height / 2, 20),
      );
      expect(focused.contains(top) || top?.contains(focused), focused.outerHTML.slice(0, 80)).toBe(
        true,
      );
      if (focused.tagName === 'TEXTAREA') break;
    }
    expect(seen.slice(0, 6)).toEqual([
      'Skip to the conversation',
      'Your recipes',
      'Share',
      'Cook',
      'More',
      'One fewer',
    ]);
    expect(seen).toContain('Conversation');
    await userEvent.keyboard('add salt{Enter}');
    expect(socket.last).toMatchObject({ type: 'chat_message', payload: { content: 'add salt' } });
    await userEvent.keyboard('{Escape}');
    expect(document.activeElement).toBe(document.body);
    await userEvent.keyboard('/');
    expect(document.activeElement?.tagName).toBe('TEXTAREA');
    await userEvent.keyboard('{Escape}?');
    await expect.element(page.getByRole('dialog')).toBeVisible();
    await expectAccessibleEverywhere('dialog');
    await userEvent.keyboard('{Escape}');
    await expect.element(page.getByRole('dialog')).not.toBeInTheDocument();
  });

  it('keeps the focus when the recipe changes', async () => {
    await page.viewport(1280, 800);
    const view = await renderRecipeChat();
    const socket = await goLive(view);
    const eggs = page.getByRole('checkbox', { name: /eggs/ });
    await eggs.click();
    const before = document.activeElement;
    socket.say('recipe_update', update({ revision: 2, recipe: CHANGED, message: messageOf(2) }));
    await expect.element(page.getByText('removed', { exact: true })).toBeVisible();
    expect(document.activeElement).toBe(before);
    await expect.element(eggs).toBeChecked();
  });
});
