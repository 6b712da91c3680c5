// Which page is shown, and to whom.

import { useMemo, useSyncExternalStore } from 'react';
import { HomePage } from './components/HomePage';
import { RecipeChat } from './components/RecipeChat';
import { SignInPage } from './components/SignInPage';
import { Chats, ChatsContext } from './hooks/useWebSocket';
import type { Api } from './lib/api';
import type { StoredTokens } from './lib/auth/stored-tokens';
import { currentPath, placeOf, subscribeToPath } from './lib/navigation';
import { indexedDbOutbox } from './lib/outbox-store';
import type { User } from './lib/ws/protocol';

export function App({ tokens, api }: { tokens: StoredTokens; api: Api }) {
  const user = useSyncExternalStore(
    tokens.subscribe,
    () => tokens.user,
    () => null,
  );
  if (!user) return <SignInPage api={api} />;
  return <SignedIn key={user.id} user={user} tokens={tokens} api={api} />;
}

function SignedIn({ user, tokens, api }: { user: User; tokens: StoredTokens; api: Api }) {
  const chats = useMemo(
    () => new Chats({ tokens, store: indexedDbOutbox(user.id), maxAuthAttempts: 3 }),
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
