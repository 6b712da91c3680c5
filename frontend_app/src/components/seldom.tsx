// Parts of the app that are loaded when they are needed.

import { type ComponentType, lazy } from 'react';

/** Where a part cannot be loaded (no network), the page goes on with `instead`, or without it. */
export function seldom<P>(
  load: () => Promise<{ default: ComponentType<P> }>,
  instead: ComponentType<P> = () => null,
) {
  return lazy(() => load().catch(() => ({ default: instead })));
}
