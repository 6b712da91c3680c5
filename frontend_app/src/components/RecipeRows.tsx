// Ingredients and steps, to be ticked off while cooking. The ticks are the reader's own and are not sent.

import type { Ingredient, Step, User } from '@recipe-chat/client';
import { type ReactNode, useId } from 'react';
import type { Ticks } from '../hooks/useTicks';
import { amountOf } from '../lib/amounts';
import { ingredientText, type Mark, type Row } from '../lib/recipe-diff';
import { texts } from '../texts';
import { Face } from './Face';
import { StepText } from './StepText';

const labels = texts.recipe;
const TAGS: Record<Mark, string | null> = {
  same: null,
  added: labels.added,
  changed: labels.changed,
  removed: labels.removed,
};

interface RowsProps<T> {
  rows: readonly Row<T>[];
  ticks: Ticks;
  /** Whose change is marked. */
  author?: User | undefined;
}

interface IngredientRowsProps extends RowsProps<Ingredient> {
  /** For how many times as many people the amounts are shown. */
  factor?: number;
}

export function IngredientRows({ rows, ticks, author, factor = 1 }: IngredientRowsProps) {
  if (rows.length === 0) return <p className="soft">{labels.noIngredients}</p>;
  return (
    <ul className="rows ingredients">
      {rows.map(({ mark, item, before }) => (
        <li key={item.id} className={`recipe-row ${mark}${ticks.has(item.id) ? ' done' : ''}`}>
          <label>
            <input
              type="checkbox"
              checked={ticks.has(item.id)}
              disabled={mark === 'removed'}
              onChange={() => ticks.toggle(item.id)}
            />
            <IngredientLine item={item} before={before} mark={mark} factor={factor} />
            <ChangeTag mark={mark} author={author} />
          </label>
        </li>
      ))}
    </ul>
  );
}

interface StepRowsProps extends RowsProps<Step> {
  onTimer?: OnTimer | undefined;
}

type OnTimer = (label: string, seconds: number) => void;

export function StepRows({ rows, ticks, author, onTimer }: StepRowsProps) {
  if (rows.length === 0) return <p className="soft">{labels.noSteps}</p>;
  return (
    <ol className="rows steps">
      {rows.map((row, at) => (
        <StepRow
          key={row.item.id}
          row={row}
          ticks={ticks}
          author={author}
          onTimer={onTimer && (seconds => onTimer(texts.timer.ofStep(numberOf(rows, at)), seconds))}
        />
      ))}
    </ol>
  );
}

/** Removed rows have no number. */
const numberOf = (rows: readonly Row<Step>[], at: number) =>
  rows.slice(0, at + 1).filter(({ mark }) => mark !== 'removed').length;

interface StepRowProps extends Omit<RowsProps<Step>, 'rows'> {
  row: Row<Step>;
  onTimer: ((seconds: number) => void) | undefined;
}

function StepRow({ row: { mark, item, before }, ticks, author, onTimer }: StepRowProps) {
  const id = useId();
  const isDone = ticks.has(item.id);
  return (
    <li className={`recipe-row ${mark}${isDone ? ' done' : ''}`}>
      <span className="step-number">
        <input
          type="checkbox"
          checked={isDone}
          disabled={mark === 'removed'}
          aria-labelledby={id}
          onChange={() => ticks.toggle(item.id)}
        />
      </span>
      <p id={id} dir="auto">
        <Marked mark={mark} before={mark === 'changed' ? before?.text : undefined}>
          <StepText text={item.text} onTimer={mark === 'removed' ? undefined : onTimer} />
        </Marked>
      </p>
      <ChangeTag mark={mark} author={author} />
    </li>
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

interface MarkedProps {
  mark: Mark;
  before?: string | undefined;
  children: ReactNode;
}

/** New text as an insertion, text that is gone as a deletion; for changed text, the old one before it. */
function Marked({ mark, before, children }: MarkedProps) {
  if (mark === 'same' || children === '') return children;
  if (mark === 'removed') return <del>{children}</del>;
  if (before === undefined) return <ins>{children}</ins>;
  return (
    <>
      <del>{before}</del> <ins>{children}</ins>
    </>
  );
}

function ChangeTag({ mark, author }: { mark: Mark; author: User | undefined }) {
  const tag = TAGS[mark];
  if (!tag) return null;
  return (
    <span className="change-tag">
      {author && <Face user={author} small />}
      <span className="tag">{tag}</span>
    </span>
  );
}
