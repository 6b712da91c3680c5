// One recipe: the conversation about it, and the recipe that the conversation changes.

import {
  Activity,
  type ReactNode,
  type RefObject,
  useCallback,
  useDeferredValue,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { useConnectionNews } from '../hooks/useConnectionNews';
import { usePaced } from '../hooks/usePaced';
import { PAGE } from '../hooks/useRows';
import { useShortcuts } from '../hooks/useShortcuts';
import { type Chat, useWebSocket } from '../hooks/useWebSocket';
import type { Api } from '../lib/api';
import { countChanges, diffRecipes } from '../lib/recipe-diff';
import { LONGEST_HISTORY } from '../lib/ws/history';
import type { User } from '../lib/ws/protocol';
import { words } from '../words';
import { AppMenu } from './AppMenu';
import { ConnectionBanner } from './ConnectionBanner';
import { ConnectionStatus } from './ConnectionStatus';
import { Link } from './Link';
import { MessageInput, type MessageInputHandle } from './MessageInput';
import { MessageList } from './MessageList';
import { RecipeCard } from './RecipeCard';
import type { RecipeDialogName } from './RecipeDialog';
import { seldom } from './seldom';
import { Tabs } from './Tabs';

const DebugDrawer = seldom(() => import('./DebugDrawer'));
const RecipeDialog = seldom(() => import('./RecipeDialog'));
const RecipeMenu = seldom(() => import('./RecipeMenu'));

interface Props {
  recipeId: string;
  user: User;
  api: Api;
}

export function RecipeChat({ recipeId, user, api }: Props) {
  const chat = useWebSocket(recipeId);
  const news = useConnectionNews(chat);
  const composer = useRef<MessageInputHandle>(null);
  const [dialog, setDialog] = useState<RecipeDialogName | null>(null);
  const title = chat.recipe?.title || recipeId;
  useShortcuts({
    '/': () => composer.current?.focus(),
    '?': () => setDialog('shortcuts'),
  });
  useEffect(() => {
    document.title = `${title} · ${words.appName}`;
  }, [title]);

  return (
    <div className="recipe-chat">
      <a className="skip-link" href="#conversation">
        {words.skipToChat}
      </a>
      <header className="page-header">
        <Link href="/" className="home-link" aria-label={words.home}>
          ←
        </Link>
        <h1 dir="auto">{title}</h1>
        <ConnectionStatus
          state={news.shown}
          retryAt={chat.retryAt}
          signedInUntil={chat.session?.expires_at}
        />
        <button type="button" className="secondary wide-only" onClick={() => setDialog('people')}>
          {words.people}
        </button>
        <AppMenu api={api} user={user}>
          <RecipeMenu api={api} recipeId={recipeId} onOpen={setDialog} />
        </AppMenu>
      </header>
      <Announcements chat={chat} banner={news.banner} />
      <Panels
        changes={chat.changes}
        chat={
          <section className="chat-panel" id="conversation" tabIndex={-1}>
            <ConnectionBanner
              news={news}
              snapshot={chat}
              manager={chat.manager}
              api={api}
              user={user}
            />
            <Conversation
              recipeId={recipeId}
              chat={chat}
              user={user}
              api={api}
              composer={composer}
            />
          </section>
        }
        recipe={
          <RecipeCard
            recipe={chat.recipe}
            previous={chat.previous}
            changes={chat.changes}
            changedAt={chat.changedAt}
            onAsk={chat.sendMessage}
            disabled={!canWrite(chat)}
          />
        }
      />
      {dialog && (
        <RecipeDialog name={dialog} api={api} recipeId={recipeId} onClose={() => setDialog(null)} />
      )}
      {wantsDebug() && <DebugDrawer manager={chat.manager} />}
    </div>
  );
}

const wantsDebug = () => new URLSearchParams(location.search).get('debug') === 'ws';

/** After the first sign-in one can always write, except when it is over. */
function canWrite({ state, proven }: Chat): boolean {
  return state === 'authenticated' || (proven && state !== 'disconnected');
}

interface ConversationProps {
  recipeId: string;
  chat: Chat;
  user: User;
  api: Api;
  composer: RefObject<MessageInputHandle | null>;
}

function Conversation({ recipeId, chat, user, api, composer }: ConversationProps) {
  const { manager, messages, outbox, olderExist, recipe, state } = chat;
  // Typing goes before showing, and what the person sent before what others say. Both lists wait together: a
  // confirmed message must not vanish in between.
  const latest = useMemo(() => ({ messages, outbox, olderExist }), [messages, outbox, olderExist]);
  const shown = useDeferredValue(usePaced(latest, isOwnNews));
  const retry = useCallback((id: string) => manager.retryMessage(id), [manager]);
  const retryAll = useCallback(() => manager.retryAll(), [manager]);
  const remove = useCallback((id: string) => manager.dropMessage(id), [manager]);
  const fetchOlder = useCallback(async () => {
    const [first] = manager.getSnapshot().messages;
    const page = first ? await api.messages(recipeId, first.revision, PAGE) : [];
    manager.addOlder(recipeId, page);
    return page.length;
  }, [api, manager, recipeId]);
  const suggest = useCallback((text: string) => composer.current?.fill(text), [composer]);
  const isLoading = recipe === null && chat.ending === null;
  const placeholder =
    state === 'authenticating' ? words.composer.authenticating : words.composer.placeholder;
  return (
    <>
      <MessageList
        {...shown}
        me={user.id}
        loading={isLoading}
        onOlder={messages.length < LONGEST_HISTORY ? fetchOlder : undefined}
        onRetry={retry}
        onDelete={remove}
        onRetryAll={retryAll}
        onSuggest={suggest}
      />
      <MessageInput
        ref={composer}
        onSend={chat.sendMessage}
        disabled={!canWrite(chat)}
        placeholder={placeholder}
        draftKey={`${user.id}:${recipeId}`}
      />
    </>
  );
}

type Lists = Pick<Chat, 'messages' | 'outbox'>;

const isOwnNews = (shown: Lists, next: Lists) => shown.outbox !== next.outbox;

interface PanelsProps {
  chat: ReactNode;
  recipe: ReactNode;
  changes: number;
}

/** Side by side where there is room; else two tabs that both stay alive. */
function Panels({ chat, recipe, changes }: PanelsProps) {
  const isNarrow = useSyncExternalStore(
    subscribeToWidth,
    () => narrow().matches,
    () => false,
  );
  const [tab, setTab] = useState<'chat' | 'recipe'>('chat');
  const [seen, setSeen] = useState(changes);
  const recipeIsSeen = !isNarrow || tab === 'recipe';
  if (recipeIsSeen && seen !== changes) setSeen(changes);
  const mode = (name: 'chat' | 'recipe') => (isNarrow && tab !== name ? 'hidden' : 'visible');
  return (
    <main className="panels">
      {isNarrow && <Tabs selected={tab} onSelect={setTab} recipeChanged={seen !== changes} />}
      <Activity mode={mode('chat')}>
        <div className="panel" {...panelOf('chat', isNarrow)}>
          {chat}
        </div>
      </Activity>
      <Activity mode={mode('recipe')}>
        <div className="panel recipe-panel" {...panelOf('recipe', isNarrow)}>
          {recipe}
        </div>
      </Activity>
    </main>
  );
}

function panelOf(name: string, isTab: boolean) {
  return isTab ? { id: `panel-${name}`, role: 'tabpanel', 'aria-labelledby': `tab-${name}` } : {};
}

const narrow = () => matchMedia('(max-width: 800px)');

function subscribeToWidth(listener: () => void): () => void {
  const query = narrow();
  query.addEventListener('change', listener);
  return () => query.removeEventListener('change', listener);
}

/** What a screen reader should hear of the connection and the recipe: settled things only, each once. */
function Announcements({ chat, banner }: { chat: Chat; banner: boolean }) {
  const { changes, previous, recipe, state, ending } = chat;
  const [wasOut, setWasOut] = useState(false);
  if (banner && !wasOut) setWasOut(true);
  const update = useMemo(() => {
    if (changes === 0 || !recipe) return '';
    const diff = diffRecipes(previous, recipe);
    return words.recipe.announce(countChanges(diff.ingredients), countChanges(diff.steps));
  }, [changes, previous, recipe]);
  const connection = ending
    ? words.ended[ending.action].title
    : banner
      ? words.outage(0)
      : wasOut && state === 'authenticated'
        ? words.backOnline
        : '';
  return (
    <div className="visually-hidden">
      <p role="status">{connection}</p>
      <p role="status">{update}</p>
    </div>
  );
}
