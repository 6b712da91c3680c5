// The recipe as it is now, and for some seconds after each change what was changed.

import type { Recipe } from '@recipe-chat/client';
import { useEffect, useMemo, useState } from 'react';
import { useNow } from '../hooks/useNow';
import { diffRecipes } from '../lib/recipe-diff';
import { agoText, numberText, texts } from '../texts';
import { IngredientRows, StepRows } from './RecipeRows';

const DIFF_DURATION = 8_000;
const labels = texts.recipe;

interface Props {
  recipe: Recipe | null;
  previous?: Recipe | null;
  /** Counts the changes; a new number shows the difference. */
  changes?: number;
  changedAt?: number | null;
  /** Asks for a change by a message, as a person would type it. */
  onRequest: (request: string) => void;
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
      <section className="recipe-card" aria-label={labels.label} aria-busy="true">
        <div className="skeleton lines" aria-hidden="true" />
        <p className="visually-hidden">{labels.loading}</p>
      </section>
    );
  }
  const { onRequest, disabled = false } = rest;
  return (
    <section className="recipe-card" aria-label={labels.label}>
      <h2 dir="auto">
        <ChangedText before={compared?.title} after={recipe.title} />
      </h2>
      {recipe.description && (
        <p className="soft" dir="auto">
          {recipe.description}
        </p>
      )}
      <Servings
        count={recipe.servings}
        before={compared?.servings}
        onRequest={onRequest}
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
              {compared ? labels.hideChanges : labels.viewChanges}
            </button>
            <button
              type="button"
              className="quiet"
              disabled={disabled}
              onClick={() => onRequest(labels.undoRequest)}
            >
              {labels.undo}
            </button>
          </>
        )}
      </p>
      <h3>{labels.ingredients}</h3>
      <IngredientRows rows={diff.ingredients} />
      <h3>{labels.steps}</h3>
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

function ChangedText({ before, after }: { before: string | undefined; after: string }) {
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
  onRequest: (request: string) => void;
  disabled: boolean;
}

function Servings({ count, before, onRequest, disabled }: ServingsProps) {
  const request = (servings: number) => onRequest(labels.forPeople(servings));
  return (
    <div className="servings">
      <span>{labels.serves}</span>
      <button
        type="button"
        aria-label={labels.fewer}
        disabled={disabled || count <= 1}
        onClick={() => request(count - 1)}
      >
        −
      </button>
      <b>
        <ChangedText
          before={before === undefined ? undefined : numberText(before)}
          after={numberText(count)}
        />
      </b>
      <button
        type="button"
        aria-label={labels.more}
        disabled={disabled}
        onClick={() => request(count + 1)}
      >
        +
      </button>
    </div>
  );
}

function ChangedAgo({ at }: { at: number }) {
  const now = useNow(30_000);
  return <span className="soft">{labels.changedAgo(agoText(Math.max(0, now - at)))}</span>;
}
