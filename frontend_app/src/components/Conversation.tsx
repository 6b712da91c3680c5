// The messages of a recipe, and the field for a new one, wired to the recipe's connection.

import { type Ingredient, MAX_HISTORY, type User } from '@recipe-chat/client';
import type { Chat } from '@recipe-chat/react';
import { type RefObject, useCallback, useDeferredValue, useMemo, useState } from 'react';
import { PAGE_SIZE } from '../hooks/useMessageWindow';
import { useThrottled } from '../hooks/useThrottled';
import type { Api } from '../lib/api';
import { texts } from '../texts';
import { MessageInput, type MessageInputHandle } from './MessageInput';
import { MessageList } from './MessageList';

interface Props {
  recipeId: string;
  chat: Chat;
  user: User;
  api: Api;
  composer: RefObject<MessageInputHandle | null>;
  /** Else the conversation can be read only. */
  isEditor: boolean;
  onHelp: () => void;
}

export function Conversation({ recipeId, chat, user, api, composer, isEditor, onHelp }: Props) {
  const { manager, messages, outbox, olderExist, recipe, state } = chat;
  // Typing has priority over rendering, and the person's own messages over those of others. Both lists are deferred
  // together: a confirmed message must not disappear in between.
  const latest = useMemo(() => ({ messages, outbox, olderExist }), [messages, outbox, olderExist]);
  const shown = useDeferredValue(useThrottled(latest, isOwnMessage));
  const retry = useCallback((id: string) => manager.retryMessage(id), [manager]);
  const retryAll = useCallback(() => manager.retryAll(), [manager]);
  const remove = useCallback((id: string) => manager.dropMessage(id), [manager]);
  const fetchOlder = useCallback(async () => {
    const [first] = manager.getSnapshot().messages;
    const page = first ? await api.messages(recipeId, first.revision, PAGE_SIZE) : [];
    manager.addOlder(recipeId, page);
    return page.length;
  }, [api, manager, recipeId]);
  const suggest = useCallback((text: string) => composer.current?.fill(text), [composer]);
  const typing = useTypingText(chat, user.id);
  const isLoading = recipe === null && chat.ending === null;
  const placeholder =
    state === 'authenticating' ? texts.composer.authenticating : texts.composer.placeholder;
  return (
    <>
      <MessageList
        {...shown}
        me={user.id}
        loading={isLoading}
        connected={state === 'authenticated'}
        onOlder={messages.length < MAX_HISTORY ? fetchOlder : undefined}
        onRetry={retry}
        onDelete={remove}
        onRetryAll={retryAll}
        onSuggest={isEditor ? suggest : undefined}
        onHelp={onHelp}
        onSay={isEditor && canWrite(chat) ? chat.sendMessage : undefined}
      />
      <p className="typing soft meta">{typing}</p>
      {isEditor ? (
        <MessageInput
          ref={composer}
          onSend={chat.sendMessage}
          disabled={!canWrite(chat)}
          placeholder={placeholder}
          draftKey={`${user.id}:${recipeId}`}
          ingredients={recipe?.ingredients ?? NO_INGREDIENTS}
          onTyping={chat.presence ? chat.typing : undefined}
        />
      ) : (
        <p className="view-only soft">{texts.viewOnly}</p>
      )}
    </>
  );
}

const NO_INGREDIENTS: readonly Ingredient[] = [];

/** Who is typing, in words. Whoever has said something since that was told has done so, and the server tells it a moment later. */
function useTypingText({ presence, messages }: Chat, me: string): string {
  const newest = messages.at(-1);
  const [told, setTold] = useState({ presence, newest });
  if (told.presence !== presence) setTold({ presence, newest });
  const hasSpoken = newest !== told.newest ? newest?.author.id : undefined;
  const names = (presence?.people ?? [])
    .filter(({ id, typing }) => typing && id !== me && id !== hasSpoken)
    .map(({ name }) => name);
  return names.length > 0 ? texts.typing(names) : '';
}

/** After the first sign-in one can always write, unless the connection has ended. */
export function canWrite({ state, authenticatedOnce }: Chat): boolean {
  return state === 'authenticated' || (authenticatedOnce && state !== 'disconnected');
}

type Lists = Pick<Chat, 'messages' | 'outbox'>;

const isOwnMessage = (shown: Lists, next: Lists) => shown.outbox !== next.outbox;
