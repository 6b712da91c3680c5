// How the pages are laid out: the recipe has the room, nothing stands twice, and controls are of one family of shapes.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { messageOf } from '../../packages/client/test/fake-socket';
import { ADA, goLive, renderRecipeChat, turn } from '../../test/render';

const boxOf = (selector: string) =>
  (document.querySelector(selector) as Element).getBoundingClientRect();
const styleOf = (one: Element) => getComputedStyle(one);
const said = [2, 3].map(revision =>
  messageOf(revision, { content: 'a longer message '.repeat(20), author: ADA }),
);

beforeEach(() => page.viewport(1280, 800));
afterEach(() => localStorage.clear());

describe('a wide screen', () => {
  it.each([
    [1280, 2],
    [1920, 3],
  ])(
    'of %i pixels gives the recipe its room, and bubbles a readable width',
    async (width, times) => {
      await page.viewport(width, 1080);
      await goLive(await renderRecipeChat(), { revision: 3, messages: said });
      await turn();
      expect(boxOf('.recipe-panel').width).toBeGreaterThan(
        (times - 0.25) * boxOf('.chat-panel').width,
      );
      expect(boxOf('.bubble').width).toBeLessThanOrEqual(576);
      expect(boxOf('.bubble').right).toBeGreaterThan(width - 40);
      const textWidth = Math.max(
        ...[...document.querySelectorAll('.steps p')].map(one => one.getBoundingClientRect().width),
      );
      expect(textWidth, 'a line of a step').toBeLessThanOrEqual(800);
    },
  );

  it('has ingredients beside the method from 1500 pixels on', async () => {
    await goLive(await renderRecipeChat());
    const isBeside = () => boxOf('.steps').left > boxOf('.ingredients').right;
    expect(isBeside()).toBe(false);
    await page.viewport(1920, 1080);
    expect(isBeside()).toBe(true);
  });
});

describe('a recipe’s page', () => {
  it.each([1280, 390])('at %i pixels names the recipe once', async width => {
    await page.viewport(width, 844);
    await goLive(await renderRecipeChat());
    await turn();
    const named = [...document.querySelectorAll('.recipe-chat *')].filter(
      one => one.children.length === 0 && one.textContent === 'Pancakes' && one.checkVisibility(),
    );
    expect(named.map(({ tagName }) => tagName)).toEqual(['H1']);
  });

  it.each([1280, 390])('at %i pixels keeps no empty room', async width => {
    await page.viewport(width, 844);
    await goLive(await renderRecipeChat());
    await turn();
    const under = boxOf('.chat-panel').bottom - boxOf('.message-input textarea').bottom;
    expect(under, 'under the field').toBeLessThanOrEqual(24);
    const between = boxOf('.ingredients').top - boxOf('.stats').bottom;
    expect(between, 'where a change will be told').toBeLessThanOrEqual(80);
  });

  it('has one family of shapes', async () => {
    const view = await renderRecipeChat();
    await goLive(view, { revision: 3, messages: said });
    await turn();
    const radii = (selector: string) =>
      new Set([...document.querySelectorAll(selector)].map(one => styleOf(one).borderRadius));
    expect(radii('.page-header :is(.primary, .secondary), .bubble, .servings')).toEqual(
      new Set(['12px']),
    );
    expect(radii('.connection-status, .time')).toEqual(new Set(['32px']));
    for (const control of document.querySelectorAll('button, summary, a'))
      expect(control.textContent, control.outerHTML).not.toMatch(/[⋯←→✕×☰]/);
  });

  it('has a calm focus ring, and none where the mouse is used', async () => {
    await goLive(await renderRecipeChat());
    await turn();
    await page.getByRole('button', { name: 'One more' }).click();
    const isRinged = (one: Element | null) => one !== null && styleOf(one).outlineStyle !== 'none';
    expect(isRinged(document.activeElement), 'by mouse').toBe(false);
    await userEvent.keyboard('{Tab}');
    const focused = document.activeElement as Element;
    expect(isRinged(focused), 'by keyboard').toBe(true);
    expect(styleOf(focused).outlineWidth).toBe('2px');
    const field = document.querySelector('textarea') as HTMLTextAreaElement;
    field.focus();
    expect(styleOf(field).outlineWidth, 'a field').toBe('1px');
  });
});

describe('a file', () => {
  it('is chosen with a button of ours, not with the browser’s own', async () => {
    await goLive(await renderRecipeChat());
    document.querySelector('summary')?.click();
    await page.getByRole('button', { name: 'Import…' }).click();
    await expect.element(page.getByText('From a file')).toBeVisible();
    const input = document.querySelector('input[type="file"]') as HTMLInputElement;
    expect(styleOf(input).clipPath, 'of the native button').toBe('inset(50%)');
    expect(styleOf(document.querySelector('.file-button') as Element).borderRadius).toBe('12px');
  });
});
