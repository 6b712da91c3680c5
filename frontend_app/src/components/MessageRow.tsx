// One message: stored, or still being sent. Both look the same, so that the layout does not shift when it is stored.

import type { ChatMessage, OutboxMessage } from '@recipe-chat/client';
import { memo } from 'react';
import { useElapsed } from '../hooks/useNow';
import { dayText, texts, timeText } from '../texts';

interface MessageRowProps {
  message: ChatMessage;
  isOwn: boolean;
  isOld: boolean;
  /** The message before is in the same group: the name is not shown again. */
  continues: boolean;
}

export const MessageRow = memo(function MessageRow({
  message,
  isOwn,
  isOld,
  continues,
}: MessageRowProps) {
  const { author, content, timestamp, effect, hint, revision } = message;
  return (
    <article
      className={`message${isOwn ? ' own' : ''}${isOld ? ' old' : ''}${continues ? ' continues' : ''}`}
      data-key={revision}
      aria-live={isOwn ? 'off' : undefined}
    >
      <p className={continues ? 'visually-hidden' : 'byline'}>
        <b dir="auto">{isOwn ? texts.you : author.name}</b>{' '}
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

/** After this time without an echo, the person is told that the message is still being sent. */
const STILL_SENDING_DELAY = 10_000;

interface PendingRowProps {
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
}: PendingRowProps) {
  const { id, content, status, sentAt, failure } = message;
  const isLate = useElapsed(status === 'sent' ? (sentAt ?? null) : null, STILL_SENDING_DELAY);
  return (
    <article
      className={`message own ${status === 'failed' ? 'failed' : 'pending'}${continues ? ' continues' : ''}`}
      aria-live="off"
    >
      <p className={continues ? 'visually-hidden' : 'byline'}>
        <b>{texts.you}</b>
      </p>
      <p className="bubble" dir="auto">
        {content}
      </p>
      {status === 'failed' ? (
        <div className="delivery">
          <p role="alert">
            {texts.notSent}
            {failure && `: ${texts.failure(failure.code, failure.message)}`}
          </p>
          <button type="button" className="quiet" onClick={() => onRetry?.(id)}>
            {texts.tryAgain}
          </button>
          <button type="button" className="quiet" onClick={() => onDelete?.(id)}>
            {texts.deleteMessage}
          </button>
        </div>
      ) : (
        <p className="delivery soft">{isLate ? texts.stillSending : texts.sending}</p>
      )}
    </article>
  );
});
