// What axe-core finds in a page or in a part of it.
import axe from 'axe-core';
import { expect } from 'vitest';
import { page } from 'vitest/browser';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** Of all rules this one alone depends on colours, in which the themes differ. */
const OF_COLOURS = ['color-contrast'];
/** The smallest that is supported (also 400 % zoom of 1280), phone, tablet, laptop, desktop. */
export const VIEWPORTS = [
  [320, 640],
  [390, 844],
  [768, 1024],
  [1280, 800],
  [1920, 1080],
] as const;

async function expectNothing(part: Document | Element, rules: string[], where: string) {
  for (const animation of document.getAnimations()) animation.finish();
  const { violations } = await axe.run(part, { runOnly: rules });
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`),
  );
  expect(found, where).toEqual([]);
}

/** axe finds nothing as the page is now, in either theme. */
async function expectAccessible(part: Document | Element = document, where = ''): Promise<void> {
  const root = document.documentElement;
  for (const [theme, rules] of [
    ['light', TAGS],
    ['dark', OF_COLOURS],
  ] as const) {
    root.dataset['theme'] = theme;
    await expectNothing(part, rules as string[], `${where} ${theme}`);
  }
  root.dataset['theme'] = 'auto';
}

/** axe finds nothing in either theme at any width, and nothing scrolls sideways. `selector` names a part of the page. */
export async function expectAccessibleEverywhere(
  selector = '',
  viewports: readonly (readonly [number, number])[] = VIEWPORTS,
): Promise<void> {
  for (const [width, height] of viewports) {
    await page.viewport(width, height);
    await new Promise(requestAnimationFrame);
    const part = selector ? (document.querySelector(selector) as Element) : document;
    await expectAccessible(part, `${width} pixels`);
    const box = part instanceof Element ? part : document.documentElement;
    expect(box.scrollWidth, `${width} pixels`).toBeLessThanOrEqual(box.clientWidth);
  }
  await page.viewport(1280, 800);
}
