// The last thing said, in one or two lines, for where the conversation itself is not in sight.

import type { Chat } from '@recipe-chat/react';
import { withSigns } from '../lib/amounts';
import { isSystemMessage } from '../lib/last-change';
import { texts } from '../texts';
import { Face } from './Face';

interface Props {
  chat: Pick<Chat, 'messages' | 'outbox' | 'state'>;
  me: string;
  unread: number;
}

export function LastMessage({ chat: { messages, outbox, state }, me, unread }: Props) {
  const failed = outbox.findLast(({ status }) => status === 'failed');
  const pending = outbox.at(-1);
  const last = messages.at(-1);
  if (failed) {
    return (
      <span className="last-message problem">
        <b>{texts.notSent}</b> <span dir="auto">{failed.content}</span>
      </span>
    );
  }
  if (pending) {
    return (
      <span className="last-message soft">
        <span dir="auto">{pending.content}</span>{' '}
        <small>{state === 'authenticated' ? texts.sending : texts.waiting}</small>
      </span>
    );
  }
  if (!last) return <span className="last-message soft">{texts.conversation}</span>;
  const isOwn = last.author.id === me;
  const who = isOwn ? texts.you : last.author.name;
  if (isSystemMessage(last)) {
    return (
      <span className="last-message soft" dir="auto">
        {texts.systemLine(who, last.effect ?? '')}
      </span>
    );
  }
  return (
    <>
      {!isOwn && <Face user={last.author} />}
      <span className="last-message">
        <span className="last-line" dir="auto">
          <b>{who}</b> {last.content}
        </span>
        {last.effect && (
          <span className="last-line done" dir="auto">
            {withSigns(last.effect)}
          </span>
        )}
      </span>
      {unread > 1 && <span className="badge">{texts.unreadCount(unread)}</span>}
    </>
  );
}
