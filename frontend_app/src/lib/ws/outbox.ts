// Messages on their way: an ordered, bounded list that belongs to the client, not to a socket.
// A message leaves it only when the server echoes it, or when the person deletes it. Lists are never changed, but
// replaced; the functions that take a state change it, as those of live.ts do.

import { fullJitter, spread } from './backoff';
import { type ChatMessage, type ErrorPayload, LONGEST_MESSAGE } from './protocol';
import type { Snapshot } from './snapshot';
import type { State } from './state';

export const MOST_MESSAGES = 100;
export const MOST_BYTES = 262_144;
export const OLDEST = 24 * 3_600_000;
const WINDOW = 8;

export interface OutboxMessage {
  readonly id: string;
  readonly content: string;
  readonly createdAt: number;
  readonly status: 'queued' | 'sent' | 'failed';
  /** When it last went on the wire. */
  readonly sentAt?: number;
  /** Why the last try failed. */
  readonly failure?: { code: string; message: string };
}

type Outbox = readonly OutboxMessage[];

/** The list with a change made to some of its messages; the same list when there are none. */
function edit(
  outbox: Outbox,
  which: (message: OutboxMessage) => boolean,
  change: Partial<OutboxMessage>,
): Outbox {
  if (!outbox.some(which)) return outbox;
  return outbox.map(message => (which(message) ? { ...message, ...change } : message));
}

const isSent = ({ status }: OutboxMessage) => status === 'sent';

export type Objection = 'empty' | 'too_long' | 'queue_full' | 'disconnected';

/** Why a text is not taken, if it is not. */
export function objection({ state, outbox }: Snapshot, content: string): Objection | null {
  const bytes = new Blob([content, ...outbox.map(message => message.content)]).size;
  if (!content) return 'empty';
  if ([...content].length > LONGEST_MESSAGE) return 'too_long';
  if (state === 'disconnected') return state;
  const isFull = outbox.length >= MOST_MESSAGES || bytes > MOST_BYTES;
  return isFull ? 'queue_full' : null;
}

export function add(outbox: Outbox, id: string, content: string, createdAt: number): Outbox {
  return [...outbox, { id, content, createdAt, status: 'queued' }];
}

/** Gives up on what is older than a day. */
export function age(outbox: Outbox, now: number): Outbox {
  const isOld = ({ status, createdAt }: OutboxMessage) =>
    status !== 'failed' && now - createdAt > OLDEST;
  return edit(outbox, isOld, { status: 'failed', failure: { code: 'expired', message: '' } });
}

/** Takes those that go on the wire now, and marks them as sent. */
export function takeDue(state: State): Outbox {
  if (state.now < state.pausedUntil) return [];
  const room = (state.refusals > 0 ? 1 : WINDOW) - state.outbox.filter(isSent).length;
  const due = state.outbox.filter(({ status }) => status === 'queued').slice(0, Math.max(0, room));
  const change = { status: 'sent', sentAt: state.now } as const;
  state.outbox = edit(state.outbox, message => due.includes(message), change);
  return due;
}

/** What was on the wire is due again, in its old place. */
export function recall(outbox: Outbox): Outbox {
  return edit(outbox, isSent, { status: 'queued' });
}

/** Retires what the server has stored, whoever's copy told us. */
export function settle(state: State, stored: readonly ChatMessage[]): void {
  const me = state.session?.user.id;
  const isStored = ({ id }: OutboxMessage) =>
    stored.some(message => message.id === id && message.author.id === me);
  const left = state.outbox.filter(message => !isStored(message));
  if (left.length === state.outbox.length) return;
  state.outbox = left;
  state.refusals = Math.min(state.refusals, left.length, 1);
}

/** Whether the same message may be sent again without asking the person. */
const PASSING = ['rate_limited', 'unavailable'];

export function refuse(state: State, error: ErrorPayload): void {
  const { code, message, in_reply_to, retry_after_ms } = error;
  const isMeant = ({ id }: OutboxMessage) => id === in_reply_to;
  if (!PASSING.includes(code)) {
    // An id in conflict is taken by something else.
    const another = code === 'conflict' && { id: state.id };
    const change = { status: 'failed', failure: { code, message }, ...another } as const;
    state.outbox = edit(state.outbox, isMeant, change);
    return;
  }
  state.outbox = edit(state.outbox, isMeant, { status: 'queued' });
  state.pausedUntil =
    state.now +
    (retry_after_ms == null
      ? fullJitter(state.refusals, state.dice)
      : spread(retry_after_ms, state.dice));
  state.refusals += 1;
}

/** A failed message is due again, in its old place, and has another day. */
export function dueAgain(outbox: Outbox, id: string, createdAt: number): Outbox {
  const isMeant = (message: OutboxMessage) => message.id === id && message.status === 'failed';
  return edit(outbox, isMeant, { status: 'queued', createdAt });
}

/** What an earlier page life left, before what was written since. */
export function restore(outbox: Outbox, saved: Outbox): Outbox {
  const back = saved.filter(({ id }) => !outbox.some(message => message.id === id));
  return back.length > 0 ? [...recall(back), ...outbox].slice(0, MOST_MESSAGES) : outbox;
}
