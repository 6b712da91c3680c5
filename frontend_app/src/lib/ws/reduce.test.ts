// The rules are pure: what was handed out stays as it was, and the same things give the same result.
import { expect, it } from 'vitest';
import { messageOf, SESSION, update } from '../../../test/fake-socket';
import type { ServerFrame } from './protocol';
import { nextWake, reduce } from './reduce';
import { type Event, initialState, type Moment } from './state';

const timestamp = '2026-11-22T20:36:02.000Z';
const says = (type: ServerFrame['type'], payload: unknown): Event => ({
  is: 'frame',
  frame: { type, id: 'server', timestamp, payload } as ServerFrame,
});

const LIFE: Event[] = [
  { is: 'connect', recipeId: 'pancakes' },
  { is: 'token', token: 'one' },
  { is: 'opened' },
  says('recipe_update', update({ session: SESSION, messages: [messageOf(1)] })),
  { is: 'send', id: 'a', content: 'add salt' },
  says('auth_required', { reason: 'Token expiring soon', expires_at: '2026-11-22T20:36:32.000Z' }),
  { is: 'no_token', why: 'unavailable' },
  { is: 'time' },
  { is: 'token', token: 'two' },
  says('error', { code: 'rate_limited', message: '', retryable: true, in_reply_to: 'a' }),
  { is: 'frame', frame: null },
  { is: 'awake' },
  says('pong', {}),
  { is: 'older', recipeId: 'pancakes', messages: [] },
  { is: 'closed', code: 1006, reason: '' },
  { is: 'hidden' },
  { is: 'awake' },
  { is: 'disconnect' },
];

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(frozen);
  return Object.freeze(value);
}

function live(events: readonly Event[]) {
  const start: Moment = { now: 1_000, dice: 0.5, id: 'n', hidden: false, offline: false };
  return events.reduce(
    ({ state, now }, event) => {
      const then = { ...start, now: now + 10_000 };
      return { state: frozen(reduce(state, frozen(event), then)), now: then.now };
    },
    { state: frozen(initialState(3)), now: start.now },
  ).state;
}

it('a turn changes nothing of what was there before', () => {
  for (let length = 0; length <= LIFE.length; length += 1) live(LIFE.slice(0, length));
});

it('the same life ends the same', () => {
  expect(live(LIFE)).toEqual(live(LIFE));
  expect(nextWake(live(LIFE))).toBe(Number.POSITIVE_INFINITY);
});
