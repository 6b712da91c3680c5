// The head of a recipe's page: the way back, the connection, and what one can do with the whole recipe.

import type { ConnectionState, User } from '@recipe-chat/client';
import type { Chat } from '@recipe-chat/react';
import type { Api } from '../lib/api';
import { texts } from '../texts';
import { AppMenu } from './AppMenu';
import { ConnectionStatus } from './ConnectionStatus';
import { HomeLink } from './HomeLink';
import { Icon } from './Icon';
import { lazyComponent } from './lazy';
import type { RecipeDialogName } from './RecipeDialog';

const PeopleHere = lazyComponent(
  () => import('./PeopleHere'),
  () => null,
);
const RecipeMenu = lazyComponent(() => import('./RecipeMenu'));

interface Props {
  api: Api;
  user: User;
  recipeId: string;
  chat: Chat;
  /** What is shown of the connection. */
  state: ConnectionState;
  isEditor: boolean;
  onOpen: (dialog: RecipeDialogName) => void;
  onCook: () => void;
}

export function RecipeHeader({
  api,
  user,
  recipeId,
  chat,
  state,
  isEditor,
  onOpen,
  onCook,
}: Props) {
  return (
    <header className="page-header">
      <HomeLink />
      <span className="grow" />
      <ConnectionStatus
        state={state}
        retryAt={chat.retryAt}
        signedInUntil={chat.session?.expires_at}
      />
      <PeopleHere presence={chat.presence} me={user.id} />
      <button
        type="button"
        className="secondary"
        aria-label={texts.share}
        onClick={() => onOpen('share')}
      >
        <Icon name="share" />
        <span className="wide-only">{texts.share}</span>
      </button>
      {(chat.recipe?.steps.length ?? 0) > 0 && (
        <button type="button" className="primary" aria-label={texts.cook} onClick={onCook}>
          <Icon name="cook" />
          <span className="wide-only">{texts.cook}</span>
        </button>
      )}
      <AppMenu api={api} user={user}>
        <RecipeMenu
          api={api}
          userId={user.id}
          recipeId={recipeId}
          isEditor={isEditor}
          onOpen={onOpen}
        />
      </AppMenu>
    </header>
  );
}
