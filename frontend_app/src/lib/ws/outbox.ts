// Messages on their way: an ordered, bounded list that belongs to the client, not to a socket. Pure.
// A message leaves it only when the server echoes it, or when the person deletes it.

import type { ChatMessage, ErrorPayload } from './protocol';

export const MOST_MESSAGES = 100;
export const MOST_BYTES = 262_144;
export const OLDEST = 24 * 3_600_000;
const WINDOW = 8;
const ACK_LATE = 10_000;

export type Failure = { code: string; message: string };

export interface OutboxMessage {
  readonly id: string;
  readonly content: string;
  readonly createdAt: number;
  readonly status: 'queued' | 'sent' | 'failed';
  /** When it last went on the wire. */
  readonly sentAt: number | null;
  /** No echo came in time; it will be sent again after the next sign-in. */
  readonly late: boolean;
  readonly failure: Failure | null;
}

export interface Outbox {
  readonly messages: readonly OutboxMessage[];
  /** Nothing is sent before this time: the server asked for a pause. */
  readonly pausedUntil: number;
  /** Refusals that asked to try again. After one, messages go one at a time: the order would be at stake. */
  readonly refusals: number;
}

export const EMPTY_OUTBOX: Outbox = { messages: [], pausedUntil: 0, refusals: 0 };

export function hasRoom(outbox: Outbox, content: string): boolean {
  const bytes = outbox.messages.reduce((sum, { content }) => sum + sizeOf(content), 0);
  return outbox.messages.length < MOST_MESSAGES && bytes + sizeOf(content) <= MOST_BYTES;
}

const utf8 = new TextEncoder();

function sizeOf(content: string): number {
  return utf8.encode(content).length;
}

export function add(outbox: Outbox, id: string, content: string, now: number): Outbox {
  const message: OutboxMessage = {
    id,
    content,
    createdAt: now,
    status: 'queued',
    sentAt: null,
    late: false,
    failure: null,
  };
  return { ...outbox, messages: [...outbox.messages, message] };
}

/** Those that go on the wire now, and the outbox with them marked as sent. */
export function takeDue(outbox: Outbox, now: number): [OutboxMessage[], Outbox] {
  if (now < outbox.pausedUntil) return [[], outbox];
  const flying = outbox.messages.filter(({ status }) => status === 'sent').length;
  const room = (outbox.refusals > 0 ? 1 : WINDOW) - flying;
  const due = outbox.messages
    .filter(({ status }) => status === 'queued')
    .slice(0, Math.max(0, room));
  if (due.length === 0) return [[], outbox];
  const sent = (message: OutboxMessage) =>
    due.includes(message)
      ? { ...message, status: 'sent' as const, sentAt: now, late: false }
      : message;
  return [due, { ...outbox, messages: outbox.messages.map(sent) }];
}

/** What was on the wire is due again, in its old place. */
export function recall(outbox: Outbox): Outbox {
  if (!outbox.messages.some(({ status }) => status === 'sent')) return outbox;
  return { ...outbox, messages: outbox.messages.map(requeued) };
}

function requeued(message: OutboxMessage): OutboxMessage {
  return message.status === 'sent' ? { ...message, status: 'queued' } : message;
}

/** Retires what the server has stored, whoever's copy told us. */
export function settle(outbox: Outbox, stored: readonly ChatMessage[], userId?: string): Outbox {
  const isStored = ({ id }: OutboxMessage) =>
    stored.some(
      message => message.id === id && message.author.id === (userId ?? message.author.id),
    );
  const messages = outbox.messages.filter(message => !isStored(message));
  if (messages.length === outbox.messages.length) return outbox;
  return { ...outbox, messages, refusals: Math.min(outbox.refusals, messages.length, 1) };
}

/** Whether the same message may be sent again without asking the person. */
const PASSING = ['rate_limited', 'unavailable'];

export function refuse(outbox: Outbox, error: ErrorPayload, pausedUntil: number): Outbox {
  const { code, message, in_reply_to } = error;
  const passing = PASSING.includes(code);
  const messages = outbox.messages.map((one): OutboxMessage => {
    if (one.id !== in_reply_to) return one;
    return passing ? { ...one, status: 'queued' } : failed(one, { code, message });
  });
  if (!passing) return { ...outbox, messages };
  return { messages, refusals: outbox.refusals + 1, pausedUntil };
}

function failed(message: OutboxMessage, failure: Failure): OutboxMessage {
  return { ...message, status: 'failed', failure };
}

/** Marks what has waited for its echo too long, and gives up on what is older than a day. */
export function age(outbox: Outbox, now: number): Outbox {
  const messages = outbox.messages.map(message => {
    const expired = message.status !== 'failed' && now - message.createdAt > OLDEST;
    if (expired) return failed(message, { code: 'expired', message: '' });
    return now >= lateTime(message) ? { ...message, late: true } : message;
  });
  const same = messages.every((message, at) => message === outbox.messages[at]);
  return same ? outbox : { ...outbox, messages };
}

/** When the next message will have waited for its echo too long. */
export function lateAt({ messages }: Outbox): number {
  return Math.min(...messages.map(lateTime));
}

function lateTime({ status, late, sentAt }: OutboxMessage): number {
  return status === 'sent' && !late ? (sentAt ?? 0) + ACK_LATE : Number.POSITIVE_INFINITY;
}

/** A failed message starts anew at the end; a conflict needs a new id, since the old one is taken. */
export function retry(outbox: Outbox, id: string, newId: string, now: number): Outbox {
  const message = outbox.messages.find(one => one.id === id && one.status === 'failed');
  if (!message) return outbox;
  const again = message.failure?.code === 'conflict' ? newId : id;
  return add(drop(outbox, id), again, message.content, now);
}

export function drop(outbox: Outbox, id: string): Outbox {
  return { ...outbox, messages: outbox.messages.filter(message => message.id !== id) };
}

/** What an earlier page life left, before what was written since. */
export function restore(outbox: Outbox, saved: readonly OutboxMessage[]): Outbox {
  const known = new Set(outbox.messages.map(({ id }) => id));
  const back = saved.filter(({ id }) => !known.has(id)).map(requeued);
  if (back.length === 0) return outbox;
  return { ...outbox, messages: [...back, ...outbox.messages].slice(0, MOST_MESSAGES) };
}
