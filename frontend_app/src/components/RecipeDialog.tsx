// What opens over a recipe's page: the people, a recipe to be brought in, the keys. Loaded when one of them is wanted.

import type { Api } from '../lib/api';
import { seldomWords } from '../words-seldom';
import { BringIn } from './BringIn';
import { Dialog } from './Dialog';
import { People } from './People';
import { ShortcutList } from './ShortcutList';

export type RecipeDialogName = 'people' | 'bringIn' | 'shortcuts';

interface Props {
  name: RecipeDialogName;
  api: Api;
  recipeId: string;
  onClose: () => void;
}

export default function RecipeDialog({ name, api, recipeId, onClose }: Props) {
  return (
    <Dialog title={seldomWords[name].title} onClose={onClose}>
      {name === 'people' && <People api={api} recipeId={recipeId} />}
      {name === 'bringIn' && <BringIn api={api} recipeId={recipeId} />}
      {name === 'shortcuts' && <ShortcutList />}
    </Dialog>
  );
}
