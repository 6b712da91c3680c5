// Which page is shown, by the person and the path.

import type { User } from '@recipe-chat/client';
import { EventLog } from '@recipe-chat/client/event-log';
import { indexedDbOutbox } from '@recipe-chat/client/indexed-db';
import { readServerFrame } from '@recipe-chat/client/validate';
import { Chats, ChatsContext } from '@recipe-chat/react';
import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import { lazyComponent } from './components/lazy';
import { RecipeChat } from './components/RecipeChat';
import { SignInPage } from './components/SignInPage';
import type { Api } from './lib/api';
import type { StoredTokens } from './lib/auth/stored-tokens';
import { currentPath, type Route, routeOf, subscribeToPath } from './lib/navigation';
import { texts } from './texts';

const HomePage = lazyComponent(() => import('./components/HomePage'), NotLoaded);
const AccountPage = lazyComponent(() => import('./components/AccountPage'), NotLoaded);
const InvitationPage = lazyComponent(() => import('./components/InvitationPage'), NotLoaded);
const UnknownPage = lazyComponent(() => import('./components/UnknownPage'), NotLoaded);
const OtherUserPage = lazyComponent(() => import('./components/OtherUserPage'), NotLoaded);

export function App({ tokens, api }: { tokens: StoredTokens; api: Api }) {
  const user = useSyncExternalStore(tokens.subscribe, () => tokens.user);
  const other = useSyncExternalStore(tokens.subscribe, () => tokens.other);
  const route = routeOf(usePath());
  if (route.kind === 'invitation')
    return <InvitationPage key={route.token} api={api} token={route.token} user={user} />;
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
        readFrame: readServerFrame,
        observer: () => new EventLog(),
        maxAuthAttempts: 3,
      }),
    [tokens, user.id],
  );
  const path = usePath();
  useFocusOnNewPage(path);
  return (
    <ChatsContext value={chats}>
      <Page route={routeOf(path)} user={user} api={api} />
    </ChatsContext>
  );
}

const usePath = () => useSyncExternalStore(subscribeToPath, currentPath);

function Page({ route, user, api }: { route: Route; user: User; api: Api }) {
  switch (route.kind) {
    case 'home':
      return <HomePage api={api} user={user} />;
    case 'recipe':
      return <RecipeChat key={route.id} recipeId={route.id} user={user} api={api} />;
    case 'account':
      return <AccountPage api={api} user={user} />;
    default:
      return <UnknownPage />;
  }
}

/** After a way from page to page inside the app the focus is in the new page, and not on the body. */
function useFocusOnNewPage(path: string): void {
  const known = useRef(path);
  useEffect(() => {
    if (known.current === path) return;
    known.current = path;
    return whenMainIsThere(main => main.focus({ preventScroll: true }));
  }, [path]);
}

/** The page may have to be loaded first. */
function whenMainIsThere(run: (main: HTMLElement) => void): () => void {
  const find = () => {
    const main = document.querySelector<HTMLElement>('main');
    if (!main) return false;
    if (document.activeElement === document.body || !document.activeElement) run(main);
    return true;
  };
  if (find()) return () => {};
  const observer = new MutationObserver(() => find() && observer.disconnect());
  observer.observe(document.body, { childList: true, subtree: true });
  return () => observer.disconnect();
}

function NotLoaded({ onRetry }: { onRetry: () => void }) {
  return (
    <main className="page" tabIndex={-1}>
      <p role="alert">{texts.notLoaded}</p>
      <button type="button" className="primary" onClick={onRetry}>
        {texts.tryAgain}
      </button>
    </main>
  );
}
