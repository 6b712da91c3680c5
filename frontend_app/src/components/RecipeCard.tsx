// The recipe as it is now, and for some seconds after each change what was changed.

import type { Recipe } from '@recipe-chat/client';
import { type Dispatch, type SetStateAction, useEffect, useMemo, useState } from 'react';
import type { Ticks } from '../hooks/useTicks';
import type { Undo } from '../hooks/useUndo';
import type { Change } from '../lib/last-change';
import { diffRecipes } from '../lib/recipe-diff';
import { texts } from '../texts';
import { ChangedText } from './ChangedText';
import { ChangeLine } from './ChangeLine';
import { IngredientRows } from './IngredientRows';
import type { RowNews } from './RecipeRow';
import { MAX_SERVINGS, Servings } from './Servings';
import { StepRows } from './StepRows';
import type { StepTimers } from './StepText';

const DIFF_DURATION = 8_000;
const labels = texts.recipe;

interface Props {
  recipe: Recipe | null;
  previous?: Recipe | null;
  /** Counts the changes; a new number shows the difference. */
  changes?: number;
  lastChange?: Change | null;
  /** The reader's user id. */
  me?: string;
  ticks?: Ticks;
  /** Asks for a change by a message, as a person would type it; absent for those who may only read. */
  onRequest?: ((request: string) => void) | undefined;
  undo?: Undo | undefined;
  /** For how many people its reader sees it; null for as many as the recipe serves. */
  ownView?: number | null;
  onOwnView?: Dispatch<SetStateAction<number | null>>;
  timers?: StepTimers;
  news?: RowNews;
  disabled?: boolean;
}

const NO_TICKS: Ticks = { has: () => false, toggle: () => {}, count: 0, clear: () => {} };

export function RecipeCard({
  recipe,
  previous = null,
  changes = 0,
  lastChange = null,
  me = '',
  ticks = NO_TICKS,
  onRequest,
  undo,
  ownView = null,
  onOwnView = () => {},
  timers,
  news,
  disabled = false,
}: Props) {
  const { isShown, toggle } = useDiffShown(changes);
  const compared = isShown && changes > 0 ? previous : null;
  const diff = useMemo(() => recipe && diffRecipes(compared, recipe), [compared, recipe]);
  if (!recipe || !diff) return <LoadingCard />;
  const shown = ownView ?? recipe.servings;
  // Quick taps add up: each starts from the one before, painted or not.
  const show = (to: number | { by: number }) =>
    onOwnView(before => {
      const count = typeof to === 'number' ? to : (before ?? recipe.servings) + to.by;
      const inRange = Math.min(Math.max(count, 1), MAX_SERVINGS);
      return inRange === recipe.servings ? null : inRange;
    });
  const keep = (count: number) => {
    onRequest?.(labels.forPeople(count));
    onOwnView(null);
  };
  const author = compared ? lastChange?.author : undefined;
  return (
    <section className="recipe-card" aria-label={labels.label}>
      <h1 dir="auto">
        <ChangedText before={compared?.title} after={recipe.title} />
      </h1>
      {recipe.description && (
        <p className="description soft" dir="auto">
          {recipe.description}
        </p>
      )}
      <div className="stats">
        <Servings
          count={recipe.servings}
          before={compared?.servings}
          shown={shown}
          onShow={show}
          onKeep={onRequest && !disabled ? keep : undefined}
        />
        {lastChange && (
          <ChangeLine
            change={lastChange}
            me={me}
            undo={undo}
            disabled={disabled}
            isDiffShown={changes > 0 ? compared !== null : null}
            onToggleDiff={toggle}
          />
        )}
      </div>
      <div className="recipe-columns">
        <div>
          <h2>{labels.ingredients}</h2>
          <IngredientRows
            rows={diff.ingredients}
            ticks={ticks}
            author={author}
            news={news}
            factor={shown / recipe.servings}
          />
        </div>
        <div>
          <h2>{labels.steps}</h2>
          <StepRows rows={diff.steps} ticks={ticks} author={author} news={news} timers={timers} />
        </div>
      </div>
      {recipe.tags.length > 0 && (
        <ul className="tags">
          {recipe.tags.map(tag => (
            <li key={tag} dir="auto">
              {tag}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function LoadingCard() {
  return (
    <section className="recipe-card" aria-label={labels.label} aria-busy="true">
      <h1 className="visually-hidden">{labels.loading}</h1>
      <div className="skeleton" aria-hidden="true" />
    </section>
  );
}

/** The difference is shown for 8 seconds after a change, and on request. */
function useDiffShown(changes: number) {
  const [shownFor, setShownFor] = useState<number | null>(null);
  const [lastSeen, setLastSeen] = useState(changes);
  if (changes !== lastSeen) {
    setLastSeen(changes);
    setShownFor(changes);
  }
  useEffect(() => {
    if (changes === 0) return;
    const timer = setTimeout(() => setShownFor(null), DIFF_DURATION);
    return () => clearTimeout(timer);
  }, [changes]);
  const isShown = shownFor === changes;
  return { isShown, toggle: () => setShownFor(isShown ? null : changes) };
}
