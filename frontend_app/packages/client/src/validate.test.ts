// Frames are checked before they are used.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { messageOf, SESSION, update } from '../test/fake-socket.ts';
import { readServerFrame } from './validate.ts';

const frame = (type: string, payload: unknown) =>
  JSON.stringify({ type, id: 'x', timestamp: '2026-11-22T20:36:02.123Z', payload });
const ingredient = { id: 'i1', name: 'flour', quantity: '1 1/2', unit: 'cup', note: '' };

describe('a frame', () => {
  it.each([
    ['recipe_update', update({ message: messageOf(2), session: SESSION, messages: [] })],
    ['recipe_update', { ...update(), from_the_future: 1 }],
    [
      'recipe_update',
      update({ recipe: { ...update().recipe, description: 'Thin', ingredients: [ingredient] } }),
    ],
    ['auth_required', { reason: 'Token expiring soon', expires_at: '2026-11-22T20:36:02Z' }],
    ['error', { code: 'rate_limited', message: 'Slow down', retryable: true, retry_after_ms: 200 }],
    ['pong', { in_reply_to: 'x' }],
  ])('of type %s that keeps to the protocol is taken', (type, payload) => {
    expect(readServerFrame(frame(type, payload))).toMatchObject({ type, payload });
  });

  it.each([
    'x',
    'null',
    '7',
    '[]',
    '{"type":"pong"}',
    '{"type":"pong","id":"x","timestamp":"","payload":null}',
    frame('pong', { in_reply_to: 7 }),
    frame('recipe_update', { ...update(), revision: 1.5 }),
    frame('recipe_update', { ...update(), recipe: { ...update().recipe, tags: null } }),
    frame('recipe_update', { ...update(), messages: [{ id: 'm' }] }),
    frame('recipe_update', {
      ...update(),
      recipe: { ...update().recipe, ingredients: [{ ...ingredient, unit: 3 }] },
    }),
    frame('error', { code: 'internal', message: 'x' }),
  ])('that breaks it is refused: %s', data => {
    expect(readServerFrame(data)).toBeNull();
  });

  it('that is longer than those of any server is refused', () => {
    const long = (length: number) => frame('pong', { in_reply_to: 'x'.repeat(length) });
    expect(readServerFrame(long(1_000_000))).not.toBeNull();
    expect(readServerFrame(long(1_048_576))).toBeNull();
  });

  it.each(['cook_joined', 'toString', '__proto__'])('of the unknown type %s is ignored', type => {
    expect(readServerFrame(frame(type, {}))).toBeNull();
  });
});

const examples = join(import.meta.dirname, '../../../../proto/websocket/examples');

describe.skipIf(!existsSync(examples))('the golden frames', () => {
  const files = existsSync(examples)
    ? readdirSync(examples).filter(name => name.endsWith('.json'))
    : [];
  it.each(files)('%s is read as the server wrote it', name => {
    const text = readFileSync(join(examples, name), 'utf8');
    const { type } = JSON.parse(text);
    const fromClient = ['auth', 'chat_message', 'ping', 'typing'].includes(type);
    expect(readServerFrame(text)).toEqual(fromClient ? null : JSON.parse(text));
  });
});
