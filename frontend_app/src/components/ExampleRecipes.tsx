// What stands on an empty shelf: recipes that can be copied, to begin with. Loaded when there are no others.

import { useTask } from '../hooks/useTask';
import type { Api } from '../lib/api';
import { EXAMPLES } from '../lib/examples';
import { ImportCalls } from '../lib/imports';
import { navigate } from '../lib/navigation';
import { lazyTexts } from '../texts-lazy';
import { Icon } from './Icon';

const labels = lazyTexts.examples;
/** How many ingredients say what a recipe is. */
const MAIN = 3;

export default function ExampleRecipes({ api }: { api: Api }) {
  const task = useTask();
  const copy = (recipe: (typeof EXAMPLES)[number]) =>
    task.run(async () => {
      const document = { text: JSON.stringify(recipe), type: 'application/json' };
      navigate(`/r/${await new ImportCalls(api).create(recipe.title, document)}`);
    });
  return (
    <section aria-label={labels.title} className="examples">
      <p className="field-label soft meta">{labels.title}</p>
      <ul className="recipe-shelf">
        {EXAMPLES.map(recipe => (
          <li className="recipe-tile" key={recipe.title}>
            <h2>{recipe.title}</h2>
            <p className="tile-ingredients soft">
              {recipe.ingredients
                .slice(0, MAIN)
                .map(({ name }) => name)
                .join(', ')}
            </p>
            <p className="tile-end row">
              <span className="grow soft meta">{lazyTexts.outline.serves(recipe.servings)}</span>
              <button
                type="button"
                className="secondary"
                aria-label={labels.copyOf(recipe.title)}
                disabled={task.isRunning}
                onClick={() => void copy(recipe)}
              >
                <Icon name="copy" />
                {labels.copy}
              </button>
            </p>
          </li>
        ))}
      </ul>
      <p role="alert" className="problem">
        {task.problem}
      </p>
    </section>
  );
}
