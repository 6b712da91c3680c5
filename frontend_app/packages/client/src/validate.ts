// Checks that a frame from the server has the shape that protocol.generated.ts promises: what `readFrame` may be set to
// where the server is not trusted to keep to the protocol. Unknown keys are kept, and frames of unknown types are no
// fault, so that newer servers may send more.

import { SHAPES } from './protocol.generated.ts';
import type { ServerFrame } from './protocol.ts';

/** Servers send shorter frames. */
const MAX_FRAME_LENGTH = 1_048_576;

/** An example of a value; a list has one of an item. */
type Shape = string | number | boolean | readonly Shape[] | { readonly [key: string]: Shape };

const SHAPES_BY_TYPE = { ...SHAPES, __proto__: null } as unknown as Record<
  string,
  Shape | undefined
>;

/** The frame, or null when it is broken, too long, or of a type that this client does not know. */
export function readServerFrame(data: string): ServerFrame | null {
  if (data.length > MAX_FRAME_LENGTH) return null;
  try {
    const frame = JSON.parse(data);
    return matches(frame, SHAPES_BY_TYPE[frame.type]) ? frame : null;
  } catch {
    return null;
  }
}

/** Strings and booleans have no entries of their own to compare. */
function matches(value: unknown, shape: Shape | undefined): boolean {
  if (shape === 0) return Number.isSafeInteger(value) && (value as number) >= 0;
  if (isList(value) || isList(shape))
    return isList(value) && isList(shape) && value.every(item => matches(item, shape[0] as Shape));
  if (typeof value !== typeof shape || value === null) return false;
  return Object.entries(shape as Shape).every(([key, part]) => {
    const name = key.replace('?', '');
    const given = (value as Record<string, unknown>)[name];
    return (name !== key && given == null) || matches(given, part);
  });
}

const isList: (value: unknown) => value is readonly unknown[] = Array.isArray;
