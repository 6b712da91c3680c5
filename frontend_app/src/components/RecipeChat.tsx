// One recipe's page: the recipe, and in its margin the conversation that changes it.

import type { User } from '@recipe-chat/client';
import { type Chat, useWebSocket } from '@recipe-chat/react';
import { useRef, useState } from 'react';
import { useConnectionDisplay } from '../hooks/useConnectionDisplay';
import { PHONE, useMediaQuery } from '../hooks/useMediaQuery';
import { useRowChanges } from '../hooks/useRowChanges';
import { useShortcuts } from '../hooks/useShortcuts';
import { useTicks } from '../hooks/useTicks';
import { useTimers } from '../hooks/useTimers';
import { useUndo } from '../hooks/useUndo';
import { useUnreadTitle } from '../hooks/useUnread';
import { mayEdit, roleOf } from '../lib/access';
import type { Api } from '../lib/api';
import type { KeptRecipe } from '../lib/kept-recipes';
import { lastChange } from '../lib/last-change';
import { texts } from '../texts';
import { Announcements } from './Announcements';
import { ChatPanel, type Sheet } from './ChatPanel';
import { ConnectionBanner } from './ConnectionBanner';
import { canWrite } from './Conversation';
import { lazyComponent } from './lazy';
import type { MessageInputHandle } from './MessageInput';
import { RecipeCard } from './RecipeCard';
import type { RecipeDialogName } from './RecipeDialog';
import { RecipeHeader } from './RecipeHeader';

const DebugDrawer = lazyComponent(() => import('./DebugDrawer'));
const CookMode = lazyComponent(() => import('./CookMode'));
const TimerBar = lazyComponent(() => import('./TimerBar'));
const RecipeDialog = lazyComponent(() => import('./RecipeDialog'));
const NoAccessPage = lazyComponent(() => import('./NoAccessPage'));
const RecipeKeeper = lazyComponent(
  () => import('./RecipeKeeper'),
  () => null,
);

interface Props {
  recipeId: string;
  user: User;
  api: Api;
}

export function RecipeChat(props: Props) {
  const chat = useWebSocket(props.recipeId);
  // Nothing of a recipe stays on the screen of somebody who may not see it any more.
  if (chat.ending?.action === 'leave')
    return (
      <NoAccessPage
        recipeId={props.recipeId}
        userId={props.user.id}
        wasIn={chat.authenticatedOnce}
        onRetry={() => chat.manager.retryNow()}
      />
    );
  return <OpenRecipe {...props} chat={chat} />;
}

function OpenRecipe({ recipeId, user, api, chat: live }: Props & { chat: Chat }) {
  /** What this browser has of the recipe, where there is no connection. */
  const [kept, setKept] = useState<KeptRecipe | null>(null);
  const chat = kept && !live.recipe ? { ...live, ...kept } : live;
  const isKept = chat !== live && !live.ending;
  const display = useConnectionDisplay(chat);
  const composer = useRef<MessageInputHandle>(null);
  const [dialog, setDialog] = useState<RecipeDialogName | null>(null);
  /** The version at which the history opens. */
  const [version, setVersion] = useState<number | null>(null);
  const [sheet, setSheet] = useState<Sheet>('docked');
  const isPhone = useMediaQuery(PHONE);
  const ticks = useTicks(`${user.id}:${recipeId}`);
  const rows = useRowChanges(`${user.id}:${recipeId}`, chat.messages);
  const openVersion = (revision: number) => {
    setVersion(revision);
    setDialog('history');
  };
  const change = lastChange(chat.messages);
  const undo = useUndo(api, recipeId, change);
  const isEditor = mayEdit(roleOf(chat.session));
  const timers = useTimers(chat.recipe, isEditor ? chat.sendMessage : undefined);
  const [ownView, setOwnView] = useState<number | null>(null);
  /** The step that is cooked; null while nobody cooks. */
  const [cooking, setCooking] = useState<number | null>(null);
  const lastStep = useRef(0);
  const shared = { api, recipeId, chat, user, composer };
  useShortcuts({
    '/': () => composer.current?.focus(),
    '?': () => setDialog('shortcuts'),
  });
  useUnreadTitle(chat.recipe?.title || recipeId, chat.messages, user.id);

  return (
    <div className="recipe-chat">
      <a className="skip-link" href="#conversation">
        {texts.skipToChat}
      </a>
      <RecipeHeader
        {...shared}
        state={display.state}
        isEditor={isEditor}
        onOpen={setDialog}
        onCook={() => setCooking(lastStep.current)}
      />
      {timers.list.length > 0 && cooking === null && <TimerBar timers={timers} />}
      <Announcements chat={chat} banner={display.banner} />
      <main className="panels" tabIndex={-1}>
        {!isKept && (
          <ConnectionBanner
            display={display}
            snapshot={chat}
            manager={chat.manager}
            api={api}
            user={user}
          />
        )}
        <RecipeKeeper
          recipeId={recipeId}
          userId={user.id}
          chat={live}
          shown={isKept ? kept : null}
          onKept={setKept}
        />
        <div className="recipe-panel" inert={isPhone && sheet !== 'docked'}>
          <RecipeCard
            recipe={chat.recipe}
            previous={chat.previous}
            changes={chat.changes}
            lastChange={change}
            me={user.id}
            ticks={ticks}
            onRequest={isEditor ? chat.sendMessage : undefined}
            undo={isEditor ? undo : undefined}
            ownView={ownView}
            onOwnView={setOwnView}
            timers={timers}
            news={{ ...rows, me: user.id, onOpen: openVersion }}
            disabled={!canWrite(chat)}
          />
        </div>
        <ChatPanel
          {...shared}
          isPhone={isPhone}
          isEditor={isEditor}
          sheet={sheet}
          onSheet={setSheet}
          onHelp={() => setDialog('help')}
        />
      </main>
      {cooking !== null && chat.recipe && (
        <CookMode
          recipe={chat.recipe}
          factor={(ownView ?? chat.recipe.servings) / chat.recipe.servings}
          ticks={ticks}
          timers={timers}
          step={cooking}
          onStep={step => {
            lastStep.current = step;
            setCooking(step);
          }}
          onClose={() => setCooking(null)}
        />
      )}
      {dialog && (
        <RecipeDialog
          name={dialog}
          api={api}
          recipeId={recipeId}
          user={user}
          isEditor={isEditor}
          onTry={isEditor ? text => composer.current?.fill(text) : undefined}
          version={version}
          onClose={() => {
            setVersion(null);
            setDialog(null);
          }}
        />
      )}
      {isDebugRequested() && <DebugDrawer manager={chat.manager} />}
    </div>
  );
}

const isDebugRequested = () => new URLSearchParams(location.search).get('debug') === 'ws';
