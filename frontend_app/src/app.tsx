// Which page is shown, by the person and the path.

import type { User } from '@recipe-chat/client';
import { EventLog } from '@recipe-chat/client/event-log';
import { indexedDbOutbox } from '@recipe-chat/client/indexed-db';
import { Chats, ChatsContext } from '@recipe-chat/react';
import { useMemo, useSyncExternalStore } from 'react';
import { lazyComponent } from './components/lazy';
import { RecipeChat } from './components/RecipeChat';
import { SignInPage } from './components/SignInPage';
import type { Api } from './lib/api';
import type { StoredTokens } from './lib/auth/stored-tokens';
import { currentPath, routeOf, subscribeToPath } from './lib/navigation';
import { texts } from './texts';

const HomePage = lazyComponent(() => import('./components/HomePage'), NotLoaded);
const OtherUserPage = lazyComponent(() => import('./components/OtherUserPage'), NotLoaded);

export function App({ tokens, api }: { tokens: StoredTokens; api: Api }) {
  const user = useSyncExternalStore(
    tokens.subscribe,
    () => tokens.user,
    () => null,
  );
  const other = useSyncExternalStore(
    tokens.subscribe,
    () => tokens.other,
    () => null,
  );
  if (!user) return <SignInPage api={api} />;
  if (other) return <OtherUserPage api={api} user={user} other={other} />;
  return <SignedIn key={user.id} user={user} tokens={tokens} api={api} />;
}

function SignedIn({ user, tokens, api }: { user: User; tokens: StoredTokens; api: Api }) {
  const chats = useMemo(
    () =>
      new Chats({
        getToken: request => tokens.get(request),
        storage: indexedDbOutbox(user.id),
        observer: () => new EventLog(),
        maxAuthAttempts: 3,
      }),
    [tokens, user.id],
  );
  const route = routeOf(useSyncExternalStore(subscribeToPath, currentPath, () => '/'));
  return (
    <ChatsContext value={chats}>
      {route.kind === 'home' ? (
        <HomePage api={api} user={user} />
      ) : (
        <RecipeChat key={route.id} recipeId={route.id} user={user} api={api} />
      )}
    </ChatsContext>
  );
}

function NotLoaded({ onRetry }: { onRetry: () => void }) {
  return (
    <main className="page">
      <p role="alert">{texts.notLoaded}</p>
      <button type="button" className="primary" onClick={onRetry}>
        {texts.tryAgain}
      </button>
    </main>
  );
}
