// One recipe's page: the conversation about it, and the recipe that the conversation changes.

import type { User } from '@recipe-chat/client';
import { useWebSocket } from '@recipe-chat/react';
import { useEffect, useRef, useState } from 'react';
import { useConnectionDisplay } from '../hooks/useConnectionDisplay';
import { useShortcuts } from '../hooks/useShortcuts';
import type { Api } from '../lib/api';
import { texts } from '../texts';
import { Announcements } from './Announcements';
import { AppMenu } from './AppMenu';
import { ConnectionBanner } from './ConnectionBanner';
import { ConnectionStatus } from './ConnectionStatus';
import { Conversation, canWrite } from './Conversation';
import { Link } from './Link';
import { lazyComponent } from './lazy';
import type { MessageInputHandle } from './MessageInput';
import { Panels } from './Panels';
import { RecipeCard } from './RecipeCard';
import type { RecipeDialogName } from './RecipeDialog';

const DebugDrawer = lazyComponent(() => import('./DebugDrawer'));
const RecipeDialog = lazyComponent(() => import('./RecipeDialog'));
const RecipeMenu = lazyComponent(() => import('./RecipeMenu'));

interface Props {
  recipeId: string;
  user: User;
  api: Api;
}

export function RecipeChat({ recipeId, user, api }: Props) {
  const chat = useWebSocket(recipeId);
  const display = useConnectionDisplay(chat);
  const composer = useRef<MessageInputHandle>(null);
  const [dialog, setDialog] = useState<RecipeDialogName | null>(null);
  const title = chat.recipe?.title || recipeId;
  useShortcuts({
    '/': () => composer.current?.focus(),
    '?': () => setDialog('shortcuts'),
  });
  useEffect(() => {
    document.title = `${title} · ${texts.appName}`;
  }, [title]);

  return (
    <div className="recipe-chat">
      <a className="skip-link" href="#conversation">
        {texts.skipToChat}
      </a>
      <header className="page-header">
        <Link href="/" className="home-link" aria-label={texts.home}>
          ←
        </Link>
        <h1 dir="auto">{title}</h1>
        <ConnectionStatus
          state={display.state}
          retryAt={chat.retryAt}
          signedInUntil={chat.session?.expires_at}
        />
        <button type="button" className="secondary wide-only" onClick={() => setDialog('people')}>
          {texts.people}
        </button>
        <AppMenu api={api} user={user}>
          <RecipeMenu api={api} recipeId={recipeId} onOpen={setDialog} />
        </AppMenu>
      </header>
      <Announcements chat={chat} banner={display.banner} />
      <Panels
        changes={chat.changes}
        chat={
          <section className="chat-panel" id="conversation" tabIndex={-1}>
            <ConnectionBanner
              display={display}
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
            onRequest={chat.sendMessage}
            disabled={!canWrite(chat)}
          />
        }
      />
      {dialog && (
        <RecipeDialog name={dialog} api={api} recipeId={recipeId} onClose={() => setDialog(null)} />
      )}
      {isDebugRequested() && <DebugDrawer manager={chat.manager} />}
    </div>
  );
}

const isDebugRequested = () => new URLSearchParams(location.search).get('debug') === 'ws';
