// Messages that the server has not stored yet: an ordered, bounded list that belongs to the client, not to a socket.
// A message leaves it only when the server echoes it, or when the person deletes it. Pure: a list is never changed,
// but replaced; delivery.ts decides what is sent.

import type { Context } from './context.ts';

export const MAX_OUTBOX_MESSAGES = 100;
export const MAX_MESSAGE_AGE = 24 * 3_600_000;

export interface OutboxMessage {
  readonly id: string;
  readonly content: string;
  readonly createdAt: number;
  readonly status: 'queued' | 'sent' | 'failed';
  /** When it was last sent. */
  readonly sentAt?: number;
  /** Why the last attempt failed. */
  readonly failure?: { code: string; message: string };
}

export type Outbox = readonly OutboxMessage[];

/** The list with a change made to some of its messages; the same list when there are none. */
export function change(
  outbox: Outbox,
  which: (message: OutboxMessage) => boolean,
  changed: Partial<OutboxMessage>,
): Outbox {
  if (!outbox.some(which)) return outbox;
  return outbox.map(message => (which(message) ? { ...message, ...changed } : message));
}

export const isSent = ({ status }: OutboxMessage) => status === 'sent';

export function add(outbox: Outbox, id: string, content: string, createdAt: number): Outbox {
  return [...outbox, { id, content, createdAt, status: 'queued' }];
}

export function remove(outbox: Outbox, id: string): Outbox {
  return outbox.filter(message => message.id !== id);
}

/** Gives up on what is older than a day. */
export function expire(outbox: Outbox, now: number): Outbox {
  const isExpired = ({ status, createdAt }: OutboxMessage) =>
    status !== 'failed' && now - createdAt > MAX_MESSAGE_AGE;
  return change(outbox, isExpired, {
    status: 'failed',
    failure: { code: 'expired', message: '' },
  });
}

/** What was sent is due again, in its old place. */
export function requeueSent(outbox: Outbox): Outbox {
  return change(outbox, isSent, { status: 'queued' });
}

/** A failed message is due again, in its old place, and has another day; under another id when its own is taken. */
export function requeueFailed(
  outbox: Outbox,
  id: string,
  { now: createdAt, newId }: Context,
): Outbox {
  return outbox.map(message => {
    const { failure, ...rest } = message;
    if (message.id !== id || !failure) return message;
    return { ...rest, status: 'queued', createdAt, id: failure.code === 'conflict' ? newId : id };
  });
}

/** Puts what was left before a reload in front of what was written since. */
export function restore(outbox: Outbox, saved: Outbox): Outbox {
  const missing = saved.filter(({ id }) => !outbox.some(message => message.id === id));
  return missing.length > 0
    ? [...requeueSent(missing), ...outbox].slice(0, MAX_OUTBOX_MESSAGES)
    : outbox;
}
