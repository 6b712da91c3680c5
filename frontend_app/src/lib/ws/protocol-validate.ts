// Checks that a frame from the server has the shape that protocol.ts promises.
// Unknown keys are kept and unknown types told apart from broken frames, so that newer servers may say more.

import type { ServerFrame } from './protocol';

export type Reading =
  | { is: 'frame'; frame: ServerFrame }
  | { is: 'unknown'; type: string }
  | { is: 'invalid'; why: string };

type Check = (value: unknown) => boolean;

const text: Check = value => typeof value === 'string';
const flag: Check = value => typeof value === 'boolean';
const whole: Check = value => Number.isSafeInteger(value);

const object =
  (required: Record<string, Check>, optional: Record<string, Check> = {}): Check =>
  value => {
    if (typeof value !== 'object' || value === null) return false;
    const given = value as Record<string, unknown>;
    return (
      Object.entries(required).every(([key, check]) => check(given[key])) &&
      Object.entries(optional).every(([key, check]) => given[key] == null || check(given[key]))
    );
  };

const list =
  (check: Check): Check =>
  value =>
    Array.isArray(value) && value.every(check);

const user = object({ id: text, name: text });
const ingredient = object({ id: text, name: text, quantity: text, unit: text, note: text });
const recipe = object(
  {
    title: text,
    servings: whole,
    ingredients: list(ingredient),
    steps: list(object({ id: text, text })),
    tags: list(text),
  },
  { description: text },
);
const message = object(
  { id: text, author: user, content: text, timestamp: text, revision: whole },
  { effect: text, hint: text },
);

const PAYLOADS: Record<ServerFrame['type'], Check> = {
  recipe_update: object(
    { recipe_id: text, revision: whole, recipe },
    {
      message,
      messages: list(message),
      messages_truncated: flag,
      session: object({ id: text, user, reauth_at: text, expires_at: text }),
      in_reply_to: text,
    },
  ),
  auth_required: object({ reason: text, expires_at: text }),
  error: object(
    { code: text, message: text, retryable: flag },
    { in_reply_to: text, retry_after_ms: whole },
  ),
  pong: object({}, { in_reply_to: text }),
};

const envelope = object({ type: text, id: text, timestamp: text, payload: object({}) });

export function readServerFrame(data: string): Reading {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return { is: 'invalid', why: 'not JSON' };
  }
  if (!envelope(value)) return { is: 'invalid', why: 'no envelope' };
  const frame = value as ServerFrame;
  if (!Object.hasOwn(PAYLOADS, frame.type)) return { is: 'unknown', type: frame.type };
  if (!PAYLOADS[frame.type](frame.payload)) return { is: 'invalid', why: frame.type };
  return { is: 'frame', frame };
}
