// Which page is shown, and to whom.

import { useMemo, useSyncExternalStore } from 'react';
import { RecipeChat } from './components/RecipeChat';
import { SignInPage } from './components/SignInPage';
import { seldom } from './components/seldom';
import { Chats, ChatsContext } from './hooks/useWebSocket';
import type { Api } from './lib/api';
import type { StoredTokens } from './lib/auth/stored-tokens';
import { currentPath, placeOf, subscribeToPath } from './lib/navigation';
import { indexedDbOutbox } from './lib/outbox-store';
import { Diary } from './lib/ws/diary';
import type { User } from './lib/ws/protocol';
import { words } from './words';

const HomePage = seldom(() => import('./components/HomePage'), NotLoaded);
const OtherUserPage = seldom(() => import('./components/OtherUserPage'), NotLoaded);

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
        tokens,
        store: indexedDbOutbox(user.id),
        observer: () => new Diary(),
        maxAuthAttempts: 3,
      }),
    [tokens, user.id],
  );
  const place = placeOf(useSyncExternalStore(subscribeToPath, currentPath, () => '/'));
  return (
    <ChatsContext value={chats}>
      {place.is === 'home' ? (
        <HomePage api={api} user={user} />
      ) : (
        <RecipeChat key={place.id} recipeId={place.id} user={user} api={api} />
      )}
    </ChatsContext>
  );
}

function NotLoaded({ onRetry }: { onRetry: () => void }) {
  return (
    <main className="page">
      <p role="alert">{words.notLoaded}</p>
      <button type="button" className="primary" onClick={onRetry}>
        {words.tryAgain}
      </button>
    </main>
  );
}
