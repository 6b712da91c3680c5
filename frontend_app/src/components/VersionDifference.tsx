// One version of a recipe: what it changed, how it differs from now, or the whole as it was; and the button that makes it
// the newest again.

import type { Recipe } from '@recipe-chat/client';
import { useEffect, useState } from 'react';
import { differenceOf } from '../lib/version-diff';
import type { VersionCalls } from '../lib/versions';
import { lazyTexts } from '../texts-lazy';
import { RecipeOutline } from './RecipeOutline';

const labels = lazyTexts.history;

type View = 'change' | 'now' | 'whole';

interface Props {
  calls: VersionCalls;
  revision: number;
  /** The newest one. */
  now: number;
  onRestore: (() => void) | undefined;
  isRestoring: boolean;
}

export function VersionDifference({ calls, revision, now, onRestore, isRestoring }: Props) {
  const [view, setView] = useState<View>('change');
  const isNewest = revision >= now;
  return (
    <div className="difference">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms */}
      <div className="chips" role="group" aria-label={labels.views.label}>
        {(['change', 'now', 'whole'] as const).map(
          name =>
            !(name === 'now' && isNewest) && (
              <button
                type="button"
                className="chip"
                key={name}
                aria-pressed={view === name}
                onClick={() => setView(name)}
              >
                {labels.views[name]}
              </button>
            ),
        )}
      </div>
      {view === 'change' && <Lines calls={calls} from={revision - 1} to={revision} key="change" />}
      {view === 'now' && <Lines calls={calls} from={revision} to={now} key="now" />}
      {view === 'whole' && <Whole calls={calls} revision={revision} />}
      {onRestore && (
        <button type="button" className="secondary" disabled={isRestoring} onClick={onRestore}>
          {labels.restore}
        </button>
      )}
    </div>
  );
}

function Lines({ calls, from, to }: { calls: VersionCalls; from: number; to: number }) {
  const { recipes, hasFailed } = useVersions(calls, from, to);
  if (hasFailed) return <p role="alert">{labels.differenceFailed}</p>;
  const [before, after] = recipes ?? [];
  if (!before || !after) return <p className="soft">{lazyTexts.share.loading}</p>;
  const lines = differenceOf(before, after, lazyTexts.outline.serves);
  if (lines.length === 0) return <p className="soft">{labels.noDifference}</p>;
  return lines.map(line => (
    <p key={line.key} dir="auto">
      {line.before && <del>{line.before}</del>} {line.after && <ins>{line.after}</ins>}
    </p>
  ));
}

function Whole({ calls, revision }: { calls: VersionCalls; revision: number }) {
  const { recipes, hasFailed } = useVersions(calls, revision, revision);
  if (hasFailed) return <p role="alert">{labels.differenceFailed}</p>;
  const [recipe] = recipes ?? [];
  return recipe ? (
    <RecipeOutline recipe={recipe} />
  ) : (
    <p className="soft">{lazyTexts.share.loading}</p>
  );
}

/** The recipe as it was after two messages. */
function useVersions(calls: VersionCalls, from: number, to: number) {
  const [recipes, setRecipes] = useState<Recipe[] | null>(null);
  const [hasFailed, setFailed] = useState(false);
  useEffect(() => {
    let isUnmounted = false;
    Promise.all([calls.at(from), from === to ? null : calls.at(to)]).then(
      found => isUnmounted || setRecipes(found.filter(one => one !== null)),
      () => isUnmounted || setFailed(true),
    );
    return () => {
      isUnmounted = true;
    };
  }, [calls, from, to]);
  return { recipes, hasFailed };
}
