// The dialogs over a recipe's page: the people, the import of a recipe, the shortcuts. Loaded when one of them is
// opened.

import type { Api } from '../lib/api';
import { lazyTexts } from '../texts-lazy';
import { Dialog } from './Dialog';
import { ImportRecipe } from './ImportRecipe';
import { People } from './People';
import { ShortcutList } from './ShortcutList';

export type RecipeDialogName = 'people' | 'importRecipe' | 'shortcuts';

interface Props {
  name: RecipeDialogName;
  api: Api;
  recipeId: string;
  onClose: () => void;
}

export default function RecipeDialog({ name, api, recipeId, onClose }: Props) {
  return (
    <Dialog title={lazyTexts[name].title} onClose={onClose}>
      {name === 'people' && <People api={api} recipeId={recipeId} />}
      {name === 'importRecipe' && <ImportRecipe api={api} recipeId={recipeId} />}
      {name === 'shortcuts' && <ShortcutList />}
    </Dialog>
  );
}
