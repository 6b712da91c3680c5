// The recipes as cards, the first of which makes a new one; where there are no others, some to begin with.

import type { User } from '@recipe-chat/client';
import type { ReactNode } from 'react';
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
  /** The form for a new recipe. */
  children: ReactNode;
}

export function RecipeShelf({ api, me, list, isSearch, children }: Props) {
  const { recipes, showMore, problem } = list;
  const isNothing = recipes?.length === 0;
  return (
    <>
      <ul className="recipe-shelf">
        <li className="recipe-tile make">{children}</li>
        {recipes === null && !problem && (
          <li className="recipe-tile" aria-hidden="true">
            <div className="skeleton lines" />
          </li>
        )}
        {recipes?.map(recipe => (
          <RecipeTile key={recipe.id} api={api} me={me} recipe={recipe} list={list} />
        ))}
      </ul>
      {isNothing && isSearch && (
        <p className="list-note soft" role="status">
          {labels.nothingFound}
        </p>
      )}
      {isNothing && !isSearch && <ExampleRecipes api={api} />}
      {showMore && (
        <button type="button" className="secondary" onClick={showMore}>
          {labels.more}
        </button>
      )}
    </>
  );
}
