// What axe-core finds in a page or in a part of it.
import axe from 'axe-core';
import { expect } from 'vitest';

/** axe finds nothing, once what moves stands still. */
export async function expectAccessible(part: Document | Element = document): Promise<void> {
  for (const animation of document.getAnimations()) animation.finish();
  const { violations } = await axe.run(part);
  expect(violations.map(({ id, nodes }) => `${id} ${nodes[0]?.html}`)).toEqual([]);
}

/** axe finds nothing in either theme. */
export async function expectAccessibleInBothThemes(
  part: Document | Element = document,
): Promise<void> {
  for (const theme of ['light', 'dark']) {
    document.documentElement.dataset['theme'] = theme;
    await expectAccessible(part);
  }
  document.documentElement.dataset['theme'] = 'auto';
}
