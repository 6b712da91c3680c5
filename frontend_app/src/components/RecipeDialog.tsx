// The dialogs over a recipe's page. Loaded when one of them is opened.

import type { User } from '@recipe-chat/client';
import type { Api } from '../lib/api';
import { lazyTexts } from '../texts-lazy';
import { Dialog } from './Dialog';
import { HelpList } from './HelpList';
import { HistoryList } from './HistoryList';
import ImportRecipe from './ImportRecipe';
import { Share } from './Share';
import { ShortcutList } from './ShortcutList';

export type RecipeDialogName = 'share' | 'importRecipe' | 'history' | 'help' | 'shortcuts';

interface Props {
  name: RecipeDialogName;
  api: Api;
  recipeId: string;
  user: User;
  isEditor: boolean;
  /** At which the history opens; null for none. */
  version: number | null;
  /** Puts a text into the message field; absent for those who may only read. */
  onTry: ((text: string) => void) | undefined;
  onClose: () => void;
}

export default function RecipeDialog({
  name,
  api,
  recipeId,
  user,
  isEditor,
  version,
  onTry,
  onClose,
}: Props) {
  return (
    <Dialog title={lazyTexts[name].title} onClose={onClose}>
      {name === 'share' && <Share api={api} recipeId={recipeId} me={user.name} />}
      {name === 'importRecipe' && <ImportRecipe api={api} recipeId={recipeId} />}
      {name === 'history' && (
        <HistoryList api={api} recipeId={recipeId} isEditor={isEditor} start={version} />
      )}
      {name === 'help' && <HelpList onTry={onTry} />}
      {name === 'shortcuts' && <ShortcutList />}
    </Dialog>
  );
}
