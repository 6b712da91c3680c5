// What a document would become, and what is done with it.

import { amountOf } from '../lib/amounts';
import type { Preview } from '../lib/imports';
import { plural } from '../texts';
import { lazyTexts } from '../texts-lazy';
import { Icon } from './Icon';

const labels = lazyTexts.importRecipe;
/** How many ingredients are shown; the others are counted. */
const MAX_SHOWN = 6;

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
  const { title, servings, ingredients, steps } = recipe;
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
        {!isEmpty && (
          <div className="import-body">
            <h3 dir="auto">{title}</h3>
            <p className="soft meta">{lazyTexts.home.serves(servings)}</p>
            <dl>
              {ingredients.slice(0, MAX_SHOWN).map(item => {
                const { before, after } = amountOf(item);
                return (
                  <div key={item.id}>
                    <dt>{before}</dt>
                    <dd dir="auto">
                      {item.name}
                      <span className="soft">
                        {[after, item.note].filter(Boolean).map(part => `, ${part}`)}
                      </span>
                    </dd>
                  </div>
                );
              })}
            </dl>
            {ingredients.length > MAX_SHOWN && (
              <p className="soft meta">{labels.more(ingredients.length - MAX_SHOWN)}</p>
            )}
            {steps[0] && (
              <p className="import-step" dir="auto">
                1. {steps[0].text}
              </p>
            )}
          </div>
        )}
        {leftOut.length > 0 && (
          <ul className="import-left-out" aria-label={labels.leftOut}>
            {leftOut.map(part => (
              <li key={part} dir="auto">
                {part}
              </li>
            ))}
          </ul>
        )}
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
