// What a document would become, and what is done with it.

import type { Preview } from '../lib/imports';
import { plural } from '../texts';
import { lazyTexts } from '../texts-lazy';
import { Icon } from './Icon';
import { RecipeOutline } from './RecipeOutline';

const labels = lazyTexts.importRecipe;
const MAX_SHOWN = { ingredients: 6, steps: 1 };

interface Props {
  preview: Preview;
  isRunning: boolean;
  problem: string;
  onBack: () => void;
  onCreate: () => void;
  /** False where there is no recipe to replace. */
  onReplace: false | (() => void);
  onAdd: false | (() => void);
}

export function ImportPreview({
  preview: { recipe, leftOut },
  isRunning,
  problem,
  onBack,
  onCreate,
  onReplace,
  onAdd,
}: Props) {
  const { ingredients, steps } = recipe;
  const isEmpty = ingredients.length + steps.length === 0;
  const count = labels.count(
    plural(ingredients.length, 'ingredient', 'ingredients'),
    plural(steps.length, 'step', 'steps'),
  );
  return (
    <div className="import-recipe">
      <div className="import-preview">
        <p role="status" className={isEmpty ? 'import-count empty' : 'import-count'}>
          <Icon name={isEmpty ? 'alert' : 'check'} />
          {isEmpty ? labels.nothing : count}
        </p>
        {!isEmpty && <RecipeOutline recipe={recipe} most={MAX_SHOWN} />}
        {leftOut.length > 0 && <p className="import-left-out">{labels.leftOut(leftOut)}</p>}
      </div>
      <p role="alert" className="problem">
        {problem}
      </p>
      {!isEmpty && onReplace !== false && onAdd !== false && (
        <p className="import-choices">
          <button type="button" className="primary" disabled={isRunning} onClick={onReplace}>
            {labels.replace}
          </button>
          <button type="button" className="secondary" disabled={isRunning} onClick={onAdd}>
            {labels.add}
          </button>
        </p>
      )}
      <p className="row">
        <button type="button" className="quiet" onClick={onBack}>
          {labels.back}
        </button>
        <span className="grow" />
        {!isEmpty && (
          <button
            type="button"
            className={onReplace === false ? 'primary' : 'quiet'}
            disabled={isRunning}
            onClick={onCreate}
          >
            {onReplace === false ? labels.create : labels.createAnother}
          </button>
        )}
      </p>
    </div>
  );
}
