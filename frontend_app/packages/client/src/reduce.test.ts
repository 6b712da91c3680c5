// The rules are pure: a state that was handed out stays as it was, and the same events give the same result.
import { expect, it } from 'vitest';
import { messageOf, SESSION, update } from '../test/fake-socket.ts';
import type { Context } from './context.ts';
import type { ServerFrame } from './protocol.ts';
import { nextTimer, reduce } from './reduce.ts';
import { type Event, initialState } from './state.ts';

const timestamp = '2026-11-22T20:36:02.000Z';
const says = (type: ServerFrame['type'], payload: unknown): Event => ({
  kind: 'frame',
  frame: { type, id: 'server', timestamp, payload } as ServerFrame,
});

const EVENTS: Event[] = [
  { kind: 'connect', recipeId: 'pancakes' },
  { kind: 'token', token: 'one' },
  { kind: 'opened' },
  says('recipe_update', update({ session: SESSION, messages: [messageOf(1)] })),
  { kind: 'send', id: 'a', content: 'add salt' },
  says('auth_required', { reason: 'Token expiring soon', expires_at: '2026-11-22T20:36:32.000Z' }),
  { kind: 'no_token', unauthorized: false },
  { kind: 'timer' },
  { kind: 'token', token: 'two' },
  says('error', { code: 'rate_limited', message: '', retryable: true, in_reply_to: 'a' }),
  { kind: 'frame', frame: null },
  { kind: 'resumed' },
  says('pong', {}),
  { kind: 'older', recipeId: 'pancakes', messages: [] },
  { kind: 'closed', code: 1006, reason: '' },
  { kind: 'hidden' },
  { kind: 'resumed' },
  { kind: 'disconnect' },
];

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(frozen);
  return Object.freeze(value);
}

function run(events: readonly Event[]) {
  const start: Context = { now: 1_000, random: 0.5, newId: 'n', hidden: false, offline: false };
  return events.reduce(
    ({ state, now }, event) => {
      const then = { ...start, now: now + 10_000 };
      return { state: frozen(reduce(state, frozen(event), then)), now: then.now };
    },
    { state: frozen(initialState(3)), now: start.now },
  ).state;
}

it('a turn does not change the state before', () => {
  for (let length = 0; length <= EVENTS.length; length += 1) run(EVENTS.slice(0, length));
});

it('the same events end in the same state', () => {
  expect(run(EVENTS)).toEqual(run(EVENTS));
  expect(nextTimer(run(EVENTS))).toBe(Number.POSITIVE_INFINITY);
});
