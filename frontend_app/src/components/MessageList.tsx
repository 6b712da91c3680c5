// The conversation: what was said, and below it what is on its way. Earlier messages come when they are asked for.

import { Fragment, memo, useMemo, useRef } from 'react';
import { useEarlier } from '../hooks/useEarlier';
import { useFollowing } from '../hooks/useFollowing';
import { useRows } from '../hooks/useRows';
import type { OutboxMessage } from '../lib/websocket';
import type { ChatMessage } from '../lib/ws/protocol';
import { words } from '../words';
import { MessageRow, PendingRow } from './MessageRow';

/** Rows near the end are always laid out; older ones only when they come into sight. */
const FRESH = 40;

interface Props {
  messages: readonly ChatMessage[];
  outbox?: readonly OutboxMessage[];
  /** The reader's user id. */
  me?: string;
  olderExist?: boolean;
  loading?: boolean;
  /** Fetches a page of messages before the first one; answers how many there were. */
  onOlder?: (() => Promise<number>) | undefined;
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
  olderExist = false,
  loading = false,
  onOlder,
  onRetry,
  onDelete,
  onRetryAll,
  onSuggest,
}: Props) {
  const list = useRef<HTMLDivElement>(null);
  const newest = messages.at(-1)?.revision ?? 0;
  const rows = useRows(messages);
  const { shown, isBack, goToNewest } = rows;
  const earlier = useEarlier(list, rows, olderExist ? onOlder : undefined);
  const content = useMemo(() => [shown, outbox], [shown, outbox]);
  const { isFollowing, seen, onScroll, goToEnd } = useFollowing(list, newest, content);
  const unread = seen === null ? 0 : countAfter(messages, seen);
  const firstUnread = unread > 0 ? messages.at(-unread)?.revision : undefined;
  const failed = outbox.filter(({ status }) => status === 'failed').length;
  const isEmpty = messages.length + outbox.length === 0;

  const toNewest = () => {
    goToNewest();
    goToEnd();
  };

  return (
    <div className="message-area">
      <div
        className="message-list"
        ref={list}
        onScroll={() => {
          onScroll();
          earlier.onScroll();
        }}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        role="log"
        aria-label={words.conversation}
        aria-live={isFollowing && !isBack ? 'polite' : 'off'}
        aria-relevant="additions"
        aria-busy={loading || earlier.state === 'loading'}
      >
        {loading && <div className="skeleton bubbles" aria-hidden="true" />}
        {isEmpty && !loading && <EmptyConversation onSuggest={onSuggest} />}
        {earlier.exist ? (
          <button type="button" className="quiet" onClick={earlier.show}>
            {words.earlier[earlier.state]}
          </button>
        ) : (
          olderExist && <p className="note soft">{words.olderKept}</p>
        )}
        <div className="rows">
          {shown.map((message, at) => (
            <Fragment key={`${message.author.id}:${message.id}`}>
              {leavesGap(shown[at - 1], message) && <p className="note soft">{words.gap}</p>}
              {message.revision === firstUnread && <p className="unread">{words.unread}</p>}
              <MessageRow
                message={message}
                isOwn={message.author.id === me}
                isOld={at < shown.length - FRESH}
                continues={goesOn(shown[at - 1], message.author.id, Date.parse(message.timestamp))}
              />
            </Fragment>
          ))}
          {!isBack &&
            outbox.map((message, at) => (
              <Fragment key={`${me}:${message.id}`}>
                <PendingRow
                  message={message}
                  continues={at > 0 || goesOn(shown.at(-1), me, message.createdAt)}
                  onRetry={onRetry}
                  onDelete={onDelete}
                />
              </Fragment>
            ))}
        </div>
        {isBack && (
          <button type="button" className="quiet" onClick={earlier.showLater}>
            {words.showLater}
          </button>
        )}
        {failed > 1 && onRetryAll && (
          <button type="button" className="secondary resend-all" onClick={onRetryAll}>
            {words.resendAll(failed)}
          </button>
        )}
      </div>
      {!isFollowing && (unread > 0 || isBack) && (
        <button type="button" className="to-newest primary" onClick={toNewest}>
          {words.newMessages(unread)}
        </button>
      )}
    </div>
  );
});

/** Every accepted message takes the next revision: what is missing shows in the numbers. */
function leavesGap(before: ChatMessage | undefined, { revision }: ChatMessage): boolean {
  return before !== undefined && before.revision !== revision - 1;
}

const SOON = 300_000;

/** Whether what is said goes on from the message before: the same person, within a few minutes. */
function goesOn(before: ChatMessage | undefined, author: string, at: number): boolean {
  return before?.author.id === author && at - Date.parse(before.timestamp) < SOON;
}

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
