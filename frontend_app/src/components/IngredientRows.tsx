// Ingredients, to be ticked off while cooking. The ticks are the reader's own and are not sent.

import type { Ingredient } from '@recipe-chat/client';
import { amountOf } from '../lib/amounts';
import { ingredientText, type Mark } from '../lib/recipe-diff';
import { texts } from '../texts';
import { authorOf, ChangeTag, classOf, Marked, News, type RowsProps } from './RecipeRow';

interface IngredientRowsProps extends RowsProps<Ingredient> {
  /** For how many times as many people the amounts are shown. */
  factor?: number;
}

export function IngredientRows({ rows, ticks, author, news, factor = 1 }: IngredientRowsProps) {
  if (rows.length === 0) return <p className="soft">{texts.recipe.noIngredients}</p>;
  return (
    <ul className="rows ingredients">
      {rows.map(({ mark, item, before }) => (
        <li
          key={item.id}
          className={classOf(mark, ticks.has(item.id), authorOf(item.id, author, news))}
        >
          <label>
            <input
              type="checkbox"
              checked={ticks.has(item.id)}
              disabled={mark === 'removed'}
              onChange={() => ticks.toggle(item.id)}
            />
            <IngredientLine item={item} before={before} mark={mark} factor={factor} />
            <ChangeTag mark={mark} author={authorOf(item.id, author, news)} />
          </label>
          <News id={item.id} mark={mark} news={news} />
        </li>
      ))}
    </ul>
  );
}

interface LineProps {
  item: Ingredient;
  before: Ingredient | null;
  mark: Mark;
  factor: number;
}

/** The amount in a column of its own, then the name; after it what was there before. */
function IngredientLine({ item, before, mark, factor }: LineProps) {
  const amount = amountOf(item, factor);
  const note = [item.note, amount.after].filter(Boolean).join(', ');
  const old = mark === 'changed' ? before : null;
  const oldAmount = old && amountOf(old, factor);
  const isSameName = old?.name === item.name && old.note === item.note;
  return (
    <>
      <span className="amount">
        <Marked mark={old ? markOf(oldAmount?.before === amount.before) : mark}>
          {amount.before}
        </Marked>
      </span>{' '}
      <span className="name" dir="auto">
        <Marked mark={old ? markOf(isSameName) : mark}>
          {item.name}
          {note && <small className="soft">, {note}</small>}
        </Marked>
        {old && (
          <>
            {' '}
            <del>
              {(isSameName && (oldAmount?.before || oldAmount?.after)) || ingredientText(old)}
            </del>
          </>
        )}
      </span>
    </>
  );
}

const markOf = (isSame: boolean): Mark => (isSame ? 'same' : 'added');
