// When messages of the outbox are sent, and what the server's answers do to them.

import { fullJitter, spread } from './backoff.ts';
import {
  change,
  expire,
  isSent,
  MAX_OUTBOX_BYTES,
  MAX_OUTBOX_MESSAGES,
  type Outbox,
  type OutboxMessage,
} from './outbox.ts';
import { type ChatMessage, type ErrorPayload, MAX_MESSAGE_LENGTH } from './protocol.ts';
import type { Snapshot } from './snapshot.ts';
import type { Draft } from './state.ts';

/** Messages that are sent before the first of them is answered. */
const MAX_IN_FLIGHT = 8;

/** After these errors the same message may be sent again without asking the person. */
const RETRYABLE_CODES = ['rate_limited', 'unavailable'];

export type SendRefusal = 'empty' | 'too_long' | 'queue_full' | 'disconnected';

/** Why a text is not taken into the outbox; null when it is. */
export function sendRefusal({ state, outbox }: Snapshot, content: string): SendRefusal | null {
  const bytes = new Blob([content, ...outbox.map(message => message.content)]).size;
  if (!content) return 'empty';
  if ([...content].length > MAX_MESSAGE_LENGTH) return 'too_long';
  if (state === 'disconnected') return state;
  const isFull = outbox.length >= MAX_OUTBOX_MESSAGES || bytes > MAX_OUTBOX_BYTES;
  return isFull ? 'queue_full' : null;
}

/** Sends what is due, as far as the connection and the server allow. */
export function sendDue(draft: Draft): void {
  if (draft.connection.kind !== 'authenticated') return;
  draft.outbox = expire(draft.outbox, draft.now);
  const due = dueMessages(draft);
  draft.outbox = change(draft.outbox, message => due.includes(message), {
    status: 'sent',
    sentAt: draft.now,
  });
  for (const { id, content } of due)
    draft.frames.push({ type: 'chat_message', id, payload: { content } });
}

function dueMessages({ now, pausedUntil, sendFailures, outbox }: Draft): Outbox {
  if (now < pausedUntil) return [];
  const maxInFlight = sendFailures > 0 ? 1 : MAX_IN_FLIGHT;
  const free = Math.max(0, maxInFlight - outbox.filter(isSent).length);
  return outbox.filter(({ status }) => status === 'queued').slice(0, free);
}

/** Removes what the server has stored, whichever frame told us. */
export function onStored(draft: Draft, stored: readonly ChatMessage[]): void {
  const ownId = draft.session?.user.id;
  const isStored = ({ id }: OutboxMessage) =>
    stored.some(message => message.id === id && message.author.id === ownId);
  const left = draft.outbox.filter(message => !isStored(message));
  if (left.length === draft.outbox.length) return;
  draft.outbox = left;
  draft.sendFailures = Math.min(draft.sendFailures, left.length, 1);
}

export function onSendError(draft: Draft, error: ErrorPayload): void {
  const { code, message, in_reply_to, retry_after_ms } = error;
  const { now, random, sendFailures } = draft;
  const isMeant = ({ id }: OutboxMessage) => id === in_reply_to;
  if (RETRYABLE_CODES.includes(code)) {
    const pause =
      retry_after_ms == null ? fullJitter(sendFailures, random) : spread(retry_after_ms, random);
    draft.pausedUntil = now + pause;
    draft.sendFailures += 1;
    draft.outbox = change(draft.outbox, isMeant, { status: 'queued' });
  } else {
    draft.outbox = change(draft.outbox, isMeant, {
      status: 'failed',
      failure: { code, message },
    });
  }
}
