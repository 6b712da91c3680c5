// Ingredients and steps, with checkboxes for use while cooking. The checks are the reader's own and are not sent.

import type { Ingredient, Step } from '@recipe-chat/client';
import { type ReactNode, useState } from 'react';
import { ingredientText, type Mark, type Row } from '../lib/recipe-diff';
import { texts } from '../texts';

const labels = texts.recipe;
const TAGS: Record<Mark, string | null> = {
  same: null,
  added: labels.added,
  changed: labels.changed,
  removed: labels.removed,
};

export function IngredientRows({ rows }: { rows: readonly Row<Ingredient>[] }) {
  if (rows.length === 0) return <p className="soft">{labels.noIngredients}</p>;
  return (
    <ul className="rows">
      {rows.map(row => (
        <CheckRow key={row.item.id} row={row} text={ingredientText}>
          <IngredientLine {...row.item} />
        </CheckRow>
      ))}
    </ul>
  );
}

export function StepRows({ rows }: { rows: readonly Row<Step>[] }) {
  if (rows.length === 0) return <p className="soft">{labels.noSteps}</p>;
  return (
    <ol className="rows steps">
      {rows.map(row => (
        <CheckRow key={row.item.id} row={row} text={step => step.text}>
          {row.item.text}
        </CheckRow>
      ))}
    </ol>
  );
}

interface CheckRowProps<T> {
  row: Row<T>;
  text: (item: T) => string;
  children: ReactNode;
}

function CheckRow<T>({ row: { mark, item, before }, text, children }: CheckRowProps<T>) {
  const [isDone, setDone] = useState(false);
  const tag = TAGS[mark];
  return (
    <li className={`recipe-row ${mark}`}>
      <label className={isDone ? 'done' : undefined}>
        <input
          type="checkbox"
          checked={isDone}
          disabled={mark === 'removed'}
          onChange={event => setDone(event.target.checked)}
        />
        <span dir="auto">
          {mark === 'same' && children}
          {mark === 'added' && <ins>{children}</ins>}
          {mark === 'removed' && <del>{children}</del>}
          {mark === 'changed' && (
            <>
              {before && <del>{text(before)}</del>} <ins>{text(item)}</ins>
            </>
          )}
        </span>
        {tag && <span className="tag">{tag}</span>}
      </label>
    </li>
  );
}

function IngredientLine({ quantity, unit, name, note }: Ingredient) {
  const amount = [quantity, unit].filter(Boolean).join(' ');
  return (
    <>
      {amount && <b>{amount}</b>} {name}
      {note && <span className="soft">, {note}</span>}
    </>
  );
}
