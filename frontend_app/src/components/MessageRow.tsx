// One message: stored, or still being sent. Both look the same, so that the layout does not shift when it is stored.

import type { ChatMessage, OutboxMessage } from '@recipe-chat/client';
import { memo, type ReactNode, useState } from 'react';
import { useElapsed } from '../hooks/useNow';
import { withSigns } from '../lib/amounts';
import { isSystemMessage } from '../lib/last-change';
import { colorOf } from '../lib/people';
import { dayText, texts, timeText } from '../texts';
import { Face } from './Face';

/** An address, but not the punctuation of the sentence around it. */
const LINK = /(https?:\/\/[^\s<>"]*[^\s<>".,;:!?'()])/;

interface MessageRowProps {
  message: ChatMessage;
  isOwn: boolean;
  isOld: boolean;
  /** The message before is in the same group: the name is not shown again. */
  continues: boolean;
  /** Sends a suggested message; only the author of a message is offered any. */
  onSay?: ((text: string) => void) | undefined;
}

export const MessageRow = memo(function MessageRow({
  message,
  isOwn,
  isOld,
  continues,
  onSay,
}: MessageRowProps) {
  const { author, content, timestamp, effect, hint, revision } = message;
  if (isSystemMessage(message)) return <SystemRow message={message} isOwn={isOwn} />;
  return (
    <article
      className={`message${isOwn ? ' own' : ` ${colorOf(author.id)}`}${isOld ? ' old' : ''}${continues ? ' continues' : ''}`}
      data-key={revision}
      aria-live={isOwn ? 'off' : undefined}
    >
      {!isOwn && !continues && <Face user={author} />}
      <p className={continues ? 'visually-hidden' : 'byline'}>
        <b dir="auto">{isOwn ? texts.you : author.name}</b>{' '}
        <time dateTime={timestamp} title={dayText(timestamp)}>
          {timeText(timestamp)}
        </time>
      </p>
      <p className="bubble" dir="auto" title={continues ? timeText(timestamp) : undefined}>
        {withLinks(content)}
      </p>
      {effect && (
        <p className="effect" dir="auto">
          {withSigns(effect)}
        </p>
      )}
      <Advice hint={hint} offered={message.suggestions ?? NONE} onSay={onSay} />
    </article>
  );
});

const NONE: readonly string[] = [];

interface AdviceProps {
  hint: string | null | undefined;
  offered: readonly string[];
  onSay: ((text: string) => void) | undefined;
}

/** Why nothing changed, and messages that would work, each one tap away; the hint alone once one was sent. */
function Advice({ hint, offered, onSay }: AdviceProps) {
  const [isDone, setDone] = useState(false);
  const isOffered = onSay && !isDone && offered.length > 0;
  if (!isOffered) {
    return hint ? (
      <p className="effect hint" dir="auto">
        {hint}
      </p>
    ) : null;
  }
  const say = (text: string) => {
    setDone(true);
    onSay(text);
  };
  return (
    <div className="suggestions">
      {hint && <p dir="auto">{hint}</p>}
      <div className="chips">
        {offered.map(text => (
          <button type="button" className="chip say" key={text} onClick={() => say(text)}>
            {text}
          </button>
        ))}
      </div>
      <p className="soft meta">{texts.onlyYou}</p>
    </div>
  );
}

/** Every second part is an address. */
function withLinks(text: string): ReactNode[] {
  return text.split(LINK).map((part, at) =>
    at % 2 === 0 ? (
      part
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a message never change
      <a key={at} href={part} target="_blank" rel="noreferrer">
        {part}
      </a>
    ),
  );
}

/** What somebody did with a button: a line in the middle, not something that was said. */
function SystemRow({ message, isOwn }: { message: ChatMessage; isOwn: boolean }) {
  const { author, effect, timestamp, revision } = message;
  return (
    <p className="message system" data-key={revision} dir="auto">
      {texts.systemLine(isOwn ? texts.you : author.name, effect ?? '')} ·{' '}
      <time dateTime={timestamp}>{timeText(timestamp)}</time>
    </p>
  );
}

/** After this time without an echo, the person is told that the message is still being sent. */
const STILL_SENDING_DELAY = 10_000;

interface PendingRowProps {
  message: OutboxMessage;
  continues: boolean;
  connected: boolean;
  onRetry: ((id: string) => void) | undefined;
  onDelete: ((id: string) => void) | undefined;
}

export const PendingRow = memo(function PendingRow({
  message,
  continues,
  connected,
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
        <p className="delivery soft">
          {connected ? (isLate ? texts.stillSending : texts.sending) : texts.waiting}
        </p>
      )}
    </article>
  );
});
