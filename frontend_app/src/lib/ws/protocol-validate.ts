// Checks that a frame from the server has the shape that protocol.generated.ts promises.
// Unknown keys are kept, and frames of unknown types are no fault, so that newer servers may say more.

import type { ServerFrame } from './protocol';
import { SHAPES } from './protocol.generated';

/** The name of a type, a list of one shape, or the shapes of an object's keys. */
type Shape = string | readonly Shape[] | { readonly [key: string]: Shape };

/** The frame, or null when it is broken or of a type that this client does not know. */
export function readServerFrame(data: unknown): ServerFrame | null {
  try {
    const frame = JSON.parse(data as string) as ServerFrame;
    const isKnown = Object.hasOwn(SHAPES, frame.type);
    return isKnown && fits(frame, SHAPES[frame.type]) ? frame : null;
  } catch {
    return null;
  }
}

function fits(value: unknown, shape: Shape): boolean {
  if (shape === 'uint') return Number.isSafeInteger(value) && (value as number) >= 0;
  if (typeof shape === 'string') return typeof value === shape;
  if (Array.isArray(shape))
    return Array.isArray(value) && value.every(item => fits(item, shape[0]));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(shape).every(([key, part]) => {
    const name = key.replace('?', '');
    const given = (value as Record<string, unknown>)[name];
    return (name !== key && given == null) || fits(given, part);
  });
}
