// The conversation beside the recipe; on a phone a sheet over its lower part, with three heights.

import type { User } from '@recipe-chat/client';
import type { Chat } from '@recipe-chat/react';
import { type KeyboardEvent, type PointerEvent, type RefObject, useRef } from 'react';
import { useUnread } from '../hooks/useUnread';
import type { Api } from '../lib/api';
import { isSystemMessage } from '../lib/last-change';
import { texts } from '../texts';
import { Conversation } from './Conversation';
import { Icon } from './Icon';
import { LastMessage } from './LastMessage';
import type { MessageInputHandle } from './MessageInput';

export type Sheet = 'docked' | 'open' | 'full';

const HEIGHTS: readonly Sheet[] = ['docked', 'open', 'full'];
/** A finger that moves farther, in pixels, drags the sheet; else it taps. */
const DRAG_DISTANCE = 24;

interface Props {
  recipeId: string;
  chat: Chat;
  user: User;
  api: Api;
  composer: RefObject<MessageInputHandle | null>;
  isPhone: boolean;
  isEditor: boolean;
  sheet: Sheet;
  onSheet: (sheet: Sheet) => void;
  onHelp: () => void;
}

export function ChatPanel({ isPhone, sheet, onSheet, ...conversation }: Props) {
  const { chat, user } = conversation;
  const isDocked = sheet === 'docked';
  const unread = useUnread(chat.messages, user.id, !isPhone || !isDocked);
  const move = (by: number) => {
    const next = HEIGHTS[HEIGHTS.indexOf(sheet) + by];
    if (next) onSheet(next);
  };
  const dock = (event: KeyboardEvent) => {
    if (!isPhone || isDocked || event.key !== 'Escape' || event.nativeEvent.isComposing) return;
    event.stopPropagation();
    onSheet('docked');
  };
  return (
    <section
      className="chat-panel"
      id="conversation"
      tabIndex={-1}
      data-sheet={sheet}
      aria-label={texts.chatPanel}
      onKeyDown={dock}
    >
      {isPhone && (
        <SheetHandle
          isDocked={isDocked}
          onMove={move}
          onToggle={() => onSheet(isDocked ? 'open' : 'docked')}
        >
          {isDocked ? (
            <LastMessage chat={chat} me={user.id} unread={unread} />
          ) : (
            <b className="grow">{texts.conversation}</b>
          )}
        </SheetHandle>
      )}
      {isPhone && !isDocked && (
        // The one in the recipe is inert meanwhile.
        <h1 className="visually-hidden">{chat.recipe?.title ?? texts.conversation}</h1>
      )}
      {isPhone && isDocked && (
        <p className="visually-hidden" role="status">
          {spokenText(chat, user.id)}
        </p>
      )}
      <Conversation {...conversation} />
    </section>
  );
}

/** The log is not there for screen readers while the sheet is docked. */
function spokenText({ messages }: Chat, me: string): string {
  const last = messages.at(-1);
  if (!last || last.author.id === me) return '';
  const said = isSystemMessage(last) ? last.effect : last.content;
  return texts.systemLine(last.author.name, said ?? '');
}

interface HandleProps {
  isDocked: boolean;
  onMove: (by: 1 | -1) => void;
  onToggle: () => void;
  children: React.ReactNode;
}

/** A tap opens or docks the sheet, a drag up or down makes it higher or lower. */
function SheetHandle({ isDocked, onMove, onToggle, children }: HandleProps) {
  const start = useRef<number | null>(null);
  const wasDragged = useRef(false);
  const onPointerUp = ({ clientY }: PointerEvent) => {
    const distance = start.current === null ? 0 : clientY - start.current;
    start.current = null;
    wasDragged.current = Math.abs(distance) > DRAG_DISTANCE;
    if (wasDragged.current) onMove(distance < 0 ? 1 : -1);
  };
  return (
    <button
      type="button"
      className="sheet-handle"
      aria-expanded={!isDocked}
      aria-controls="conversation"
      onPointerDown={event => {
        start.current = event.clientY;
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerUp={onPointerUp}
      onClick={() => {
        if (!wasDragged.current) onToggle();
        wasDragged.current = false;
      }}
    >
      {children}
      <Icon name="up" />
    </button>
  );
}
