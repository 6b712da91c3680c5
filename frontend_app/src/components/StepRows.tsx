// Steps, to be ticked off while cooking, with their times as buttons. The ticks are the reader's own and are not sent.

import type { Step } from '@recipe-chat/client';
import { useId } from 'react';
import type { Row } from '../lib/recipe-diff';
import { texts } from '../texts';
import { authorOf, ChangeTag, classOf, Marked, News, type RowsProps } from './RecipeRow';
import { StepText, type StepTimers } from './StepText';

interface StepRowsProps extends RowsProps<Step> {
  timers?: StepTimers | undefined;
}

export function StepRows({ rows, ticks, author, news, timers }: StepRowsProps) {
  if (rows.length === 0) return <p className="soft">{texts.recipe.noSteps}</p>;
  return (
    <ol className="rows steps">
      {rows.map((row, at) => (
        <StepRow
          key={row.item.id}
          row={row}
          ticks={ticks}
          author={authorOf(row.item.id, author, news)}
          news={news}
          step={numberOf(rows, at)}
          timers={timers}
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
  step: number;
  timers: StepTimers | undefined;
}

function StepRow({ row, step, ticks, author, news, timers }: StepRowProps) {
  const { mark, item, before } = row;
  const id = useId();
  const isDone = ticks.has(item.id);
  return (
    <li className={classOf(mark, isDone, author)}>
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
          <StepText text={item.text} step={step} timers={mark === 'removed' ? undefined : timers} />
        </Marked>
      </p>
      <ChangeTag mark={mark} author={author} />
      <News id={item.id} mark={mark} news={news} />
    </li>
  );
}
