// One recipe on the shelf: its name, what it is, who changed it last; and a menu to rename, copy, leave or delete it.

import type { User } from '@recipe-chat/client';
import { useRef, useState } from 'react';
import type { RecipeList } from '../hooks/useRecipeList';
import { useTask } from '../hooks/useTask';
import type { Api } from '../lib/api';
import { forgetRecipe } from '../lib/kept-recipes';
import { navigate } from '../lib/navigation';
import { RecipeCalls, type RecipeSummary } from '../lib/recipes';
import { agoText, texts } from '../texts';
import { lazyTexts } from '../texts-lazy';
import { Face } from './Face';
import { Link } from './Link';
import { closeMenu, Menu } from './Menu';
import { RenameDialog } from './RenameDialog';

const labels = lazyTexts.home;
/** For so long, in ms, a deletion can be taken back: it is asked for afterwards. */
const UNDO_TIME = 10_000;
const MAX_FACES = 4;

interface Props {
  api: Api;
  me: User;
  recipe: RecipeSummary;
  list: Pick<RecipeList, 'remove' | 'reload'>;
}

export function RecipeTile({ api, me, recipe, list }: Props) {
  const { id, title, role, owned } = recipe;
  const [isGoing, setGoing] = useState(false);
  const [isRenaming, setRenaming] = useState(false);
  const task = useTask();
  const calls = new RecipeCalls(api);
  const isOwner = role === 'owner' || owned === true;
  const name = title || id;
  const end = async () => {
    const isDone = await task.run(() => (isOwner ? calls.delete(id) : calls.leave(id)));
    if (!isDone) return setGoing(false);
    list.remove(id);
    forgetRecipe(me.id, id);
  };
  const copy = () => task.run(async () => navigate(`/r/${await calls.copy(id)}`));
  const later = useDelayed(() => void end(), UNDO_TIME);
  const begin = () => {
    setGoing(true);
    later.start();
  };
  const undo = () => {
    later.cancel();
    setGoing(false);
  };
  if (isGoing) {
    return (
      <li className="recipe-tile going">
        <p role="status" dir="auto">
          {isOwner ? labels.deleted(name) : labels.left(name)}
        </p>
        <button type="button" className="secondary" onClick={undo}>
          {texts.recipe.undo}
        </button>
      </li>
    );
  }
  return (
    <li className="recipe-tile">
      <div className="tile-head">
        <h2>
          <Link href={`/r/${id}`} dir="auto">
            {name}
          </Link>
        </h2>
        <Menu label={labels.menuOf(name)}>
          {role !== 'viewer' && (
            <button
              type="button"
              onClick={({ currentTarget }) => {
                closeMenu(currentTarget);
                setRenaming(true);
              }}
            >
              {labels.rename}
            </button>
          )}
          <button type="button" onClick={() => void copy()}>
            {labels.copy}
          </button>
          <button type="button" onClick={begin}>
            {isOwner ? labels.delete : labels.leave}
          </button>
        </Menu>
      </div>
      <WhatIsIn recipe={recipe} />
      <Facts recipe={recipe} />
      <LastChange recipe={recipe} me={me} />
      {isRenaming && (
        <RenameDialog
          recipeId={id}
          title={title}
          onClose={() => setRenaming(false)}
          onDone={list.reload}
        />
      )}
      <p role="alert" className="problem">
        {task.problem}
      </p>
    </li>
  );
}

/** A server of the build before does not tell it. */
function WhatIsIn({ recipe: { first_ingredients: names } }: { recipe: RecipeSummary }) {
  return (
    <p className="tile-ingredients soft" dir="auto">
      {names?.length === 0 ? texts.recipe.noIngredients : names?.join(', ')}
    </p>
  );
}

function Facts({ recipe: { servings, tags = [], role } }: { recipe: RecipeSummary }) {
  return (
    <p className="tile-facts meta soft">
      {servings !== undefined && <span>{labels.serves(servings)}</span>}
      {role === 'viewer' && <span>{lazyTexts.share.roles.viewer}</span>}
      {tags.slice(0, 3).map(tag => (
        <span key={tag} dir="auto">
          {tag}
        </span>
      ))}
    </p>
  );
}

function LastChange({ recipe, me }: { recipe: RecipeSummary; me: User }) {
  const { changed_at, changed_by } = recipe;
  if (!changed_at) return null;
  const when = agoText(Math.max(0, Date.now() - Date.parse(changed_at)));
  const isMe = changed_by?.id === me.id;
  return (
    <div className="tile-end row meta">
      <ul className="faces" aria-label={labels.people}>
        {peopleOf(recipe, me).map(user => (
          <li key={user.id}>
            <Face user={user} labelled small />
          </li>
        ))}
      </ul>
      <p dir="auto">
        {changed_by && <b>{isMe ? texts.you : changed_by.name}</b>}{' '}
        <span className="soft">{when}</span>
      </p>
    </div>
  );
}

/** Whoever changed it last, its owner and its members, each once; the reader last. */
function peopleOf({ changed_by, owner, people = [] }: RecipeSummary, me: User): User[] {
  const all = [changed_by, owner, ...people].filter(user => user !== undefined);
  const each = [...new Map(all.map(user => [user.id, user])).values()];
  return each
    .toSorted((a, b) => Number(a.id === me.id) - Number(b.id === me.id))
    .slice(0, MAX_FACES);
}

/**
 * Runs something later, unless it is cancelled before: also after the component is gone, and at once when the whole page
 * is left.
 */
function useDelayed(run: () => void, delay: number) {
  const stop = useRef<(() => void) | null>(null);
  const cancel = () => {
    stop.current?.();
    stop.current = null;
  };
  const start = () => {
    const now = () => {
      cancel();
      run();
    };
    const timer = setTimeout(now, delay);
    addEventListener('pagehide', now);
    stop.current = () => {
      clearTimeout(timer);
      removeEventListener('pagehide', now);
    };
  };
  return { start, cancel };
}
