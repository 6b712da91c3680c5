// The conversation: the stored messages, and below them those that are being sent. Earlier messages are loaded on request.

import type { ChatMessage, OutboxMessage } from '@recipe-chat/client';
import { Fragment, memo, useEffectEvent, useLayoutEffect, useMemo, useRef } from 'react';
import { useAutoScroll } from '../hooks/useAutoScroll';
import { useEarlierMessages } from '../hooks/useEarlierMessages';
import { useMessageWindow } from '../hooks/useMessageWindow';
import { isSystemMessage } from '../lib/last-change';
import { dayText, texts } from '../texts';
import { lazyComponent } from './lazy';
import { MessageRow, PendingRow } from './MessageRow';

const EmptyConversation = lazyComponent(
  () => import('./EmptyConversation'),
  () => null,
);

/** This many rows at the end are always laid out; older ones only when they are near the visible part. */
const ALWAYS_LAID_OUT = 40;
/** Messages of one person within this time are shown as a group. */
const MAX_GROUP_GAP = 300_000;

interface Props {
  messages: readonly ChatMessage[];
  outbox?: readonly OutboxMessage[];
  /** The reader's user id. */
  me?: string;
  olderExist?: boolean;
  loading?: boolean;
  /** Else what is not sent yet waits. */
  connected?: boolean;
  /** Fetches a page of messages before the first one; resolves to how many there were. */
  onOlder?: (() => Promise<number>) | undefined;
  onRetry?: (id: string) => void;
  onDelete?: (id: string) => void;
  onRetryAll?: () => void;
  onSuggest?: ((text: string) => void) | undefined;
  onHelp?: (() => void) | undefined;
  /** Sends a suggested message. */
  onSay?: ((text: string) => void) | undefined;
}

const EMPTY: readonly never[] = [];

export const MessageList = memo(function MessageList({
  messages,
  outbox = EMPTY,
  me = '',
  olderExist = false,
  loading = false,
  connected = true,
  onOlder,
  onRetry,
  onDelete,
  onRetryAll,
  onSuggest,
  onHelp,
  onSay,
}: Props) {
  const list = useRef<HTMLDivElement>(null);
  const newest = messages.at(-1)?.revision ?? 0;
  const messageWindow = useMessageWindow(messages);
  const { shown, endsEarly } = messageWindow;
  const earlier = useEarlierMessages(list, messageWindow, olderExist ? onOlder : undefined);
  const content = useMemo(() => [shown, outbox], [shown, outbox]);
  const { isAtEnd, seen, onScroll, scrollToEnd } = useAutoScroll(list, newest, content);
  const unread = seen === null ? 0 : countAfter(messages, seen);
  const firstUnread = unread > 0 ? messages.at(-unread)?.revision : undefined;
  const failed = outbox.filter(({ status }) => status === 'failed').length;
  const isEmpty = messages.length + outbox.length === 0;

  const showNewest = () => {
    messageWindow.showNewest();
    scrollToEnd();
  };
  useOnOwnMessage(outbox, showNewest);

  return (
    <div className="message-area">
      <div
        className="message-list"
        ref={list}
        onScroll={() => {
          onScroll();
          earlier.onScroll();
        }}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling element must be reachable by keyboard
        tabIndex={0}
        role="log"
        aria-label={texts.conversation}
        aria-live={isAtEnd && !endsEarly ? 'polite' : 'off'}
        aria-relevant="additions"
        aria-busy={loading || earlier.state === 'loading'}
      >
        {loading && <div className="skeleton bubbles" aria-hidden="true" />}
        {isEmpty && !loading && <EmptyConversation onSuggest={onSuggest} onHelp={onHelp} />}
        {earlier.exist ? (
          <button type="button" className="quiet" onClick={earlier.show}>
            {texts.earlier[earlier.state]}
          </button>
        ) : (
          olderExist && <p className="note soft">{texts.olderKept}</p>
        )}
        <div className="rows">
          {shown.map((message, index) => (
            <Fragment key={`${message.author.id}:${message.id}`}>
              {followsGap(shown[index - 1], message) && <p className="note soft">{texts.gap}</p>}
              <DayLine before={shown[index - 1]} message={message} />
              {message.revision === firstUnread && <p className="unread">{texts.unread}</p>}
              <MessageRow
                message={message}
                isOwn={message.author.id === me}
                onSay={message.author.id === me ? onSay : undefined}
                isOld={index < shown.length - ALWAYS_LAID_OUT}
                continues={isSameGroup(
                  shown[index - 1],
                  message.author.id,
                  Date.parse(message.timestamp),
                )}
              />
            </Fragment>
          ))}
          {!endsEarly &&
            outbox.map((message, index) => (
              <Fragment key={`${me}:${message.id}`}>
                <PendingRow
                  message={message}
                  connected={connected}
                  continues={index > 0 || isSameGroup(shown.at(-1), me, message.createdAt)}
                  onRetry={onRetry}
                  onDelete={onDelete}
                />
              </Fragment>
            ))}
        </div>
        {endsEarly && (
          <button type="button" className="quiet" onClick={earlier.showLater}>
            {texts.showLater}
          </button>
        )}
        {failed > 1 && onRetryAll && (
          <button type="button" className="secondary resend-all" onClick={onRetryAll}>
            {texts.resendAll(failed)}
          </button>
        )}
      </div>
      {!isAtEnd && (unread > 0 || endsEarly) && (
        <button type="button" className="to-newest primary" onClick={showNewest}>
          {texts.newMessages(unread)}
        </button>
      )}
    </div>
  );
});

/** Every accepted message takes the next revision: a gap in the numbers shows what is missing. */
function followsGap(before: ChatMessage | undefined, { revision }: ChatMessage): boolean {
  return before !== undefined && before.revision !== revision - 1;
}

/** Whether a message is shown in one group with the one before: the same person, within a few minutes. */
function isSameGroup(before: ChatMessage | undefined, author: string, at: number): boolean {
  if (before?.author.id !== author || isSystemMessage(before)) return false;
  const from = Date.parse(before.timestamp);
  return at - from < MAX_GROUP_GAP && new Date(at).getDate() === new Date(from).getDate();
}

/** How many of the last messages are newer; reads only those. */
function countAfter(messages: readonly ChatMessage[], revision: number): number {
  let count = 0;
  while ((messages.at(-1 - count)?.revision ?? -1) > revision) count += 1;
  return count;
}

/** The day, before its first message. */
function DayLine({ before, message }: { before: ChatMessage | undefined; message: ChatMessage }) {
  const day = dayOf(message.timestamp);
  if (before && dayOf(before.timestamp) === day) return null;
  return <p className="day">{dayText(message.timestamp)}</p>;
}

const dayOf = (at: string) => new Date(at).toDateString();

/** What one has just sent is always in sight. */
function useOnOwnMessage(outbox: readonly OutboxMessage[], run: () => void): void {
  const last = outbox.at(-1)?.id;
  const known = useRef(last);
  const act = useEffectEvent(run);
  useLayoutEffect(() => {
    if (last !== undefined && last !== known.current) act();
    known.current = last;
  }, [last]);
}
