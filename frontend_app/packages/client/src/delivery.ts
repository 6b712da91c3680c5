// When messages of the outbox are sent, and what the server's answers do to them.

import { fullJitter, spread } from './backoff.ts';
import { wellFormed } from './json.ts';
import {
  change,
  expire,
  isSent,
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
  if (!content) return 'empty';
  if ([...content].length > MAX_MESSAGE_LENGTH) return 'too_long';
  if (state === 'disconnected') return state;
  return outbox.length < MAX_OUTBOX_MESSAGES ? null : 'queue_full';
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
    draft.frames.push({ type: 'chat_message', id, payload: { content: wellFormed(content) } });
}

function dueMessages(draft: Draft): Outbox {
  if (draft.now < draft.pausedUntil) return [];
  const maxInFlight = draft.sendFailures > 0 ? 1 : MAX_IN_FLIGHT;
  const free = Math.max(0, maxInFlight - draft.outbox.filter(isSent).length);
  return draft.outbox.filter(({ status }) => status === 'queued').slice(0, free);
}

/** Removes what the server has stored, whichever frame told us. */
export function onStored(draft: Draft, stored: readonly ChatMessage[]): void {
  const ownId = draft.session?.user.id;
  const left = draft.outbox.filter(
    ({ id }) => !stored.some(message => message.id === id && message.author.id === ownId),
  );
  if (left.length === draft.outbox.length) return;
  draft.outbox = left;
  draft.sendFailures = Math.min(draft.sendFailures, left.length, 1);
}

export function onSendError(draft: Draft, error: ErrorPayload): void {
  const { code, message, retry_after_ms } = error;
  const isMeant = ({ id }: OutboxMessage) => id === error.in_reply_to;
  if (RETRYABLE_CODES.includes(code)) {
    draft.pausedUntil =
      draft.now +
      (retry_after_ms == null
        ? fullJitter(draft.sendFailures, draft.random)
        : spread(retry_after_ms, draft.random));
    draft.sendFailures += 1;
    draft.outbox = change(draft.outbox, isMeant, { status: 'queued' });
  } else {
    draft.outbox = change(draft.outbox, isMeant, {
      status: 'failed',
      failure: { code, message },
    });
  }
}
