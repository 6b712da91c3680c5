// What one version changed of the one before, and the button that makes it the newest again.

import { useEffect, useState } from 'react';
import { diffRecipes, ingredientText, type RecipeDiff, type Row } from '../lib/recipe-diff';
import type { VersionCalls } from '../lib/versions';
import { lazyTexts } from '../texts-lazy';

const labels = lazyTexts.history;

interface Props {
  calls: VersionCalls;
  revision: number;
  onRestore: (() => void) | undefined;
  isRestoring: boolean;
}

export function VersionDifference({ calls, revision, onRestore, isRestoring }: Props) {
  const [lines, setLines] = useState<Line[] | null>(null);
  const [hasFailed, setFailed] = useState(false);
  useEffect(() => {
    let isUnmounted = false;
    Promise.all([calls.at(revision - 1), calls.at(revision)]).then(
      ([before, after]) => isUnmounted || setLines(linesOf(diffRecipes(before, after))),
      () => isUnmounted || setFailed(true),
    );
    return () => {
      isUnmounted = true;
    };
  }, [calls, revision]);
  return (
    <div className="difference">
      {hasFailed && <p role="alert">{labels.differenceFailed}</p>}
      {lines?.map(({ key, before, after }) => (
        <p key={key} dir="auto">
          {before && <del>{before}</del>} {after && <ins>{after}</ins>}
        </p>
      ))}
      {lines?.length === 0 && <p className="soft">{labels.onlyOther}</p>}
      {onRestore && (
        <button type="button" className="secondary" disabled={isRestoring} onClick={onRestore}>
          {labels.restore}
        </button>
      )}
    </div>
  );
}

interface Line {
  key: string;
  before: string | null;
  after: string | null;
}

function linesOf({ ingredients, steps }: RecipeDiff): Line[] {
  return [...changed(ingredients, ingredientText), ...changed(steps, step => step.text)];
}

function changed<T extends { id: string }>(
  rows: readonly Row<T>[],
  text: (item: T) => string,
): Line[] {
  return rows
    .filter(({ mark }) => mark !== 'same')
    .map(({ mark, item, before }) => ({
      key: item.id,
      before: before && mark !== 'added' ? text(before) : null,
      after: mark === 'removed' ? null : text(item),
    }));
}
