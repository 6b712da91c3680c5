// The conversation: what was said, and below it what is on its way.
// At most 400 messages are in the page at once, so that long conversations stay quick and searchable.

import { Fragment, memo, useMemo, useRef, useState } from 'react';
import { useFollowing } from '../hooks/useFollowing';
import type { OutboxMessage } from '../lib/websocket';
import type { ChatMessage } from '../lib/ws/protocol';
import { words } from '../words';
import { MessageRow, PendingRow } from './MessageRow';

const MOST_ROWS = 400;
const PAGE = 200;
/** Rows near the end are always laid out; older ones only when they come into sight. */
const FRESH = 40;

interface Props {
  messages: readonly ChatMessage[];
  outbox?: readonly OutboxMessage[];
  /** The reader's user id. */
  me?: string;
  gaps?: readonly number[];
  olderExist?: boolean;
  loading?: boolean;
  onRetry?: (id: string) => void;
  onDelete?: (id: string) => void;
  onRetryAll?: () => void;
  onSuggest?: (text: string) => void;
}

const NONE: readonly never[] = [];

export const MessageList = memo(function MessageList({
  messages,
  outbox = NONE,
  me = '',
  gaps = NONE,
  olderExist = false,
  loading = false,
  onRetry,
  onDelete,
  onRetryAll,
  onSuggest,
}: Props) {
  const list = useRef<HTMLDivElement>(null);
  /** Where the shown part ends; null for the newest. */
  const [end, setEnd] = useState<number | null>(null);
  const newest = messages.at(-1)?.revision ?? 0;
  const last = end ?? messages.length;
  const first = Math.max(0, last - MOST_ROWS);
  const shown = useMemo(() => messages.slice(first, last), [messages, first, last]);
  const content = useMemo(() => [shown, outbox], [shown, outbox]);
  const { isFollowing, seen, onScroll, goToEnd } = useFollowing(list, newest, content);
  const unread = seen === null ? 0 : countAfter(messages, seen);
  const firstUnread = unread > 0 ? messages.at(-unread)?.revision : undefined;
  const failed = outbox.filter(({ status }) => status === 'failed').length;
  const isEmpty = messages.length + outbox.length === 0;

  const earlier = () => setEnd(Math.max(MOST_ROWS, last - PAGE));
  const later = () => setEnd(last + PAGE >= messages.length ? null : last + PAGE);
  const toNewest = () => {
    setEnd(null);
    goToEnd();
  };

  return (
    <div className="message-area">
      <div
        className="message-list"
        ref={list}
        onScroll={onScroll}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        role="log"
        aria-label={words.conversation}
        aria-live={isFollowing && end === null ? 'polite' : 'off'}
        aria-relevant="additions"
        aria-busy={loading}
      >
        {loading && <div className="skeleton bubbles" aria-hidden="true" />}
        {isEmpty && !loading && <EmptyConversation onSuggest={onSuggest} />}
        {first > 0 && (
          <button type="button" className="quiet" onClick={earlier}>
            {words.showEarlier}
          </button>
        )}
        {first === 0 && olderExist && <p className="note soft">{words.olderKept}</p>}
        <div className="rows">
          {shown.map((message, at) => (
            <Fragment key={`${message.author.id}:${message.id}`}>
              {gaps.includes(message.revision) && <p className="note soft">{words.gap}</p>}
              {message.revision === firstUnread && <p className="unread">{words.unread}</p>}
              <MessageRow
                message={message}
                isOwn={message.author.id === me}
                isOld={at < shown.length - FRESH}
              />
            </Fragment>
          ))}
          {end === null &&
            outbox.map(message => (
              <Fragment key={`${me}:${message.id}`}>
                <PendingRow message={message} onRetry={onRetry} onDelete={onDelete} />
              </Fragment>
            ))}
        </div>
        {end !== null && (
          <button type="button" className="quiet" onClick={later}>
            {words.showLater}
          </button>
        )}
        {failed > 1 && onRetryAll && (
          <button type="button" className="secondary resend-all" onClick={onRetryAll}>
            {words.resendAll(failed)}
          </button>
        )}
      </div>
      {!isFollowing && (unread > 0 || end !== null) && (
        <button type="button" className="to-newest primary" onClick={toNewest}>
          {words.newMessages(unread)}
        </button>
      )}
    </div>
  );
});

/** How many of the last messages are newer; looks only at those. */
function countAfter(messages: readonly ChatMessage[], revision: number): number {
  let count = 0;
  while ((messages.at(-1 - count)?.revision ?? -1) > revision) count += 1;
  return count;
}

function EmptyConversation({ onSuggest }: { onSuggest: ((text: string) => void) | undefined }) {
  return (
    <div className="empty">
      <p>{words.empty}</p>
      <div className="chips">
        {words.suggestions.map(text => (
          <button type="button" className="chip" key={text} onClick={() => onSuggest?.(text)}>
            {text}
          </button>
        ))}
      </div>
    </div>
  );
}
