// The recipes as cards, with what one can do with each as a whole; where there are none, some to begin with.

import type { User } from '@recipe-chat/client';
import type { RecipeList } from '../hooks/useRecipeList';
import type { Api } from '../lib/api';
import { lazyTexts } from '../texts-lazy';
import { lazyComponent } from './lazy';
import { RecipeTile } from './RecipeTile';

const ExampleRecipes = lazyComponent(
  () => import('./ExampleRecipes'),
  () => null,
);

const labels = lazyTexts.home;

interface Props {
  api: Api;
  me: User;
  list: RecipeList;
  /** What is shown is not all there is. */
  isSearch: boolean;
}

export function RecipeShelf({ api, me, list, isSearch }: Props) {
  const { recipes, showMore, problem } = list;
  if (recipes === null)
    return problem ? null : <div className="skeleton lines" aria-hidden="true" />;
  return (
    <>
      {recipes.length === 0 && (
        <p className="list-note soft" role="status">
          {isSearch ? labels.nothingFound : labels.empty}
        </p>
      )}
      {recipes.length === 0 && !isSearch && <ExampleRecipes api={api} />}
      <ul className="recipe-shelf">
        {recipes.map(recipe => (
          <RecipeTile key={recipe.id} api={api} me={me} recipe={recipe} list={list} />
        ))}
      </ul>
      {showMore && (
        <button type="button" className="secondary" onClick={showMore}>
          {labels.more}
        </button>
      )}
    </>
  );
}
