// The recipe as it is now, and for a while after each change what the change was.

import { useEffect, useMemo, useState } from 'react';
import { useNow } from '../hooks/useNow';
import { diffRecipes } from '../lib/recipe-diff';
import type { Recipe } from '../lib/ws/protocol';
import { agoText, numberText, words } from '../words';
import { IngredientRows, StepRows } from './RecipeRows';

const DIFF_SHOWN = 8_000;
const say = words.recipe;

interface Props {
  recipe: Recipe | null;
  previous?: Recipe | null;
  /** Counts the changes seen; a new number shows the difference. */
  changes?: number;
  changedAt?: number | null;
  /** Asks for a change in the words that one would type. */
  onAsk: (request: string) => void;
  disabled?: boolean;
}

export function RecipeCard({
  recipe,
  previous = null,
  changes = 0,
  changedAt = null,
  ...rest
}: Props) {
  const { isShown, toggle } = useDiffShown(changes);
  const compared = isShown && changes > 0 ? previous : null;
  const diff = useMemo(() => recipe && diffRecipes(compared, recipe), [compared, recipe]);
  if (!recipe || !diff) {
    return (
      <section className="recipe-card" aria-label={say.label} aria-busy="true">
        <div className="skeleton lines" aria-hidden="true" />
        <p className="visually-hidden">{say.loading}</p>
      </section>
    );
  }
  const { onAsk, disabled = false } = rest;
  return (
    <section className="recipe-card" aria-label={say.label}>
      <h2 dir="auto">
        <Changed before={compared?.title} after={recipe.title} />
      </h2>
      {recipe.description && (
        <p className="soft" dir="auto">
          {recipe.description}
        </p>
      )}
      <Servings
        count={recipe.servings}
        before={compared?.servings}
        onAsk={onAsk}
        disabled={disabled}
      />
      <p className="change-line">
        {changedAt !== null && (
          <>
            <ChangedAgo at={changedAt} />
            <button
              type="button"
              className="quiet"
              aria-pressed={compared !== null}
              onClick={toggle}
            >
              {compared ? say.hideChanges : say.viewChanges}
            </button>
            <button
              type="button"
              className="quiet"
              disabled={disabled}
              onClick={() => onAsk(say.undoRequest)}
            >
              {say.undo}
            </button>
          </>
        )}
      </p>
      <h3>{say.ingredients}</h3>
      <IngredientRows rows={diff.ingredients} />
      <h3>{say.steps}</h3>
      <StepRows rows={diff.steps} />
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

/** The difference is shown by itself for 8 seconds after a change, and on demand. */
function useDiffShown(changes: number) {
  const [shownFor, setShownFor] = useState<number | null>(null);
  const [lastSeen, setLastSeen] = useState(changes);
  if (changes !== lastSeen) {
    setLastSeen(changes);
    setShownFor(changes);
  }
  useEffect(() => {
    if (changes === 0) return;
    const timer = setTimeout(() => setShownFor(null), DIFF_SHOWN);
    return () => clearTimeout(timer);
  }, [changes]);
  const isShown = shownFor === changes;
  return { isShown, toggle: () => setShownFor(isShown ? null : changes) };
}

function Changed({ before, after }: { before: string | undefined; after: string }) {
  if (before === undefined || before === after) return after;
  return (
    <>
      <del>{before}</del> <ins>{after}</ins>
    </>
  );
}

interface ServingsProps {
  count: number;
  before: number | undefined;
  onAsk: (request: string) => void;
  disabled: boolean;
}

function Servings({ count, before, onAsk, disabled }: ServingsProps) {
  const ask = (wanted: number) => onAsk(say.forPeople(wanted));
  return (
    <div className="servings">
      <span>{say.serves}</span>
      <button
        type="button"
        aria-label={say.fewer}
        disabled={disabled || count <= 1}
        onClick={() => ask(count - 1)}
      >
        −
      </button>
      <b>
        <Changed
          before={before === undefined ? undefined : numberText(before)}
          after={numberText(count)}
        />
      </b>
      <button
        type="button"
        aria-label={say.more}
        disabled={disabled}
        onClick={() => ask(count + 1)}
      >
        +
      </button>
    </div>
  );
}

function ChangedAgo({ at }: { at: number }) {
  const now = useNow(30_000);
  return <span className="soft">{say.changedAgo(agoText(Math.max(0, now - at)))}</span>;
}
