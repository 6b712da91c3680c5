// Checks that a frame from the server has the shape that protocol.generated.ts promises.
// Unknown keys are kept, and frames of unknown types are no fault, so that newer servers may say more.

import type { ServerFrame } from './protocol';
import { SHAPES } from './protocol.generated';

/** An example of a value; a list has one of an item. */
type Shape = string | number | boolean | readonly Shape[] | { readonly [key: string]: Shape };

const SHAPES_BY_TYPE = SHAPES as unknown as Record<string, Shape | undefined>;

/** The frame, or null when it is broken or of a type that this client does not know. */
export function readServerFrame(data: string): ServerFrame | null {
  try {
    const frame = JSON.parse(data);
    return fits(frame, SHAPES_BY_TYPE[frame.type]) ? frame : null;
  } catch {
    return null;
  }
}

/** Texts and truth values have no entries of their own to look into. */
function fits(value: unknown, shape: Shape | undefined): boolean {
  if (shape === 0) return Number.isSafeInteger(value) && (value as number) >= 0;
  if (isList(value) || isList(shape))
    return isList(value) && isList(shape) && value.every(item => fits(item, shape[0] as Shape));
  if (typeof value !== typeof shape || value === null) return false;
  return Object.entries(shape as Shape).every(([key, part]) => {
    const name = key.replace('?', '');
    const given = (value as Record<string, unknown>)[name];
    return (name !== key && given == null) || fits(given, part);
  });
}

const isList: (value: unknown) => value is readonly unknown[] = Array.isArray;
