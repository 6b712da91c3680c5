// Ingredients and steps, to be ticked off while cooking. Ticks are the reader's own and stay in this page.

import { type ReactNode, useState } from 'react';
import { ingredientText, type Mark, type Row } from '../lib/recipe-diff';
import type { Ingredient, Step } from '../lib/ws/protocol';
import { words } from '../words';

const say = words.recipe;
const TAGS: Record<Mark, string | null> = {
  same: null,
  added: say.added,
  changed: say.changed,
  removed: say.removed,
};

export function IngredientRows({ rows }: { rows: readonly Row<Ingredient>[] }) {
  if (rows.length === 0) return <p className="soft">{say.noIngredients}</p>;
  return (
    <ul className="rows">
      {rows.map(row => (
        <TickRow key={row.item.id} row={row} text={ingredientText}>
          <IngredientLine {...row.item} />
        </TickRow>
      ))}
    </ul>
  );
}

export function StepRows({ rows }: { rows: readonly Row<Step>[] }) {
  if (rows.length === 0) return <p className="soft">{say.noSteps}</p>;
  return (
    <ol className="rows steps">
      {rows.map(row => (
        <TickRow key={row.item.id} row={row} text={step => step.text}>
          {row.item.text}
        </TickRow>
      ))}
    </ol>
  );
}

interface TickRowProps<T> {
  row: Row<T>;
  text: (item: T) => string;
  children: ReactNode;
}

function TickRow<T>({ row: { mark, item, before }, text, children }: TickRowProps<T>) {
  const [done, setDone] = useState(false);
  const tag = TAGS[mark];
  return (
    <li className={`recipe-row ${mark}`}>
      <label className={done ? 'done' : undefined}>
        <input
          type="checkbox"
          checked={done}
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
