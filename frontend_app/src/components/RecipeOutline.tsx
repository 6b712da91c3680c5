// A recipe to look at and no more: in an import's preview and in the history.

import type { Recipe } from '@recipe-chat/client';
import { amountOf } from '../lib/amounts';
import { lazyTexts } from '../texts-lazy';

const labels = lazyTexts.outline;

interface Props {
  recipe: Recipe;
  /** Only so many of the first ingredients and steps; the others are counted. */
  most?: { ingredients: number; steps: number };
}

export function RecipeOutline({ recipe, most }: Props) {
  const { title, servings, description, ingredients, steps } = recipe;
  const shown = ingredients.slice(0, most?.ingredients);
  const rest = ingredients.length - shown.length;
  const restOfSteps = most ? Math.max(steps.length - most.steps, 0) : 0;
  return (
    <div className="recipe-outline">
      <h3 dir="auto">{title}</h3>
      <p className="soft meta">{labels.serves(servings)}</p>
      {description && (
        <p className="soft" dir="auto">
          {description}
        </p>
      )}
      <dl>
        {shown.map(item => {
          const { before, after } = amountOf(item);
          const more = [after, item.note].filter(Boolean).map(part => `, ${part}`);
          return (
            <div key={item.id}>
              <dt>{before}</dt>
              <dd dir="auto">
                {item.name}
                <span className="soft">{more}</span>
              </dd>
            </div>
          );
        })}
      </dl>
      {rest > 0 && <p className="soft meta">{labels.more(rest)}</p>}
      <ol>
        {steps.slice(0, most?.steps).map(({ id, text }) => (
          <li key={id} dir="auto">
            {most ? <span className="clamped">{text}</span> : text}
          </li>
        ))}
      </ol>
      {restOfSteps > 0 && <p className="soft meta">{labels.moreSteps(restOfSteps)}</p>}
    </div>
  );
}
