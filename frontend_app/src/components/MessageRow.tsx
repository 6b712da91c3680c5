// One message: said, or still on its way. Both are the same element for the reader's eye, so that nothing jumps.

import { memo } from 'react';
import { useElapsed } from '../hooks/useNow';
import type { OutboxMessage } from '../lib/websocket';
import type { ChatMessage } from '../lib/ws/protocol';
import { dayText, timeText, words } from '../words';

interface SaidProps {
  message: ChatMessage;
  isOwn: boolean;
  isOld: boolean;
  /** The message before is the same person's: the name need not be seen again. */
  continues: boolean;
}

export const MessageRow = memo(function MessageRow({
  message,
  isOwn,
  isOld,
  continues,
}: SaidProps) {
  const { author, content, timestamp, effect, hint, revision } = message;
  return (
    <article
      className={`message${isOwn ? ' own' : ''}${isOld ? ' old' : ''}${continues ? ' continues' : ''}`}
      data-key={revision}
      aria-live={isOwn ? 'off' : undefined}
    >
      <p className={continues ? 'visually-hidden' : 'byline'}>
        <b dir="auto">{isOwn ? words.you : author.name}</b>{' '}
        <time dateTime={timestamp} title={dayText(timestamp)}>
          {timeText(timestamp)}
        </time>
      </p>
      <p className="bubble" dir="auto">
        {content}
      </p>
      {effect && (
        <p className="effect" dir="auto">
          {effect}
        </p>
      )}
      {hint && (
        <p className="effect hint" dir="auto">
          {hint}
        </p>
      )}
    </article>
  );
});

/** No echo came in time. */
const STILL_SENDING = 10_000;

interface PendingProps {
  message: OutboxMessage;
  continues: boolean;
  onRetry: ((id: string) => void) | undefined;
  onDelete: ((id: string) => void) | undefined;
}

export const PendingRow = memo(function PendingRow({
  message,
  continues,
  onRetry,
  onDelete,
}: PendingProps) {
  const { id, content, status, sentAt, failure } = message;
  const late = useElapsed(status === 'sent' ? (sentAt ?? null) : null, STILL_SENDING);
  return (
    <article
      className={`message own ${status === 'failed' ? 'failed' : 'pending'}${continues ? ' continues' : ''}`}
      aria-live="off"
    >
      <p className={continues ? 'visually-hidden' : 'byline'}>
        <b>{words.you}</b>
      </p>
      <p className="bubble" dir="auto">
        {content}
      </p>
      {status === 'failed' ? (
        <div className="delivery">
          <p role="alert">
            {words.notSent}
            {failure && `: ${words.failure(failure.code, failure.message)}`}
          </p>
          <button type="button" className="quiet" onClick={() => onRetry?.(id)}>
            {words.tryAgain}
          </button>
          <button type="button" className="quiet" onClick={() => onDelete?.(id)}>
            {words.deleteMessage}
          </button>
        </div>
      ) : (
        <p className="delivery soft">{late ? words.stillSending : words.sending}</p>
      )}
    </article>
  );
});
