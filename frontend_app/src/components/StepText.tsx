// The text of a step, in which each time is a button that starts a timer; one that runs counts down.

import { useMemo } from 'react';
import { useNow } from '../hooks/useNow';
import type { Timers } from '../hooks/useTimers';
import { stepParts } from '../lib/step-times';
import { texts, timerText } from '../texts';
import { Icon } from './Icon';

interface Props {
  text: string;
  /** The number of the step. */
  step: number;
  /** Absent where no timer can be started. */
  timers?: StepTimers | undefined;
}

export type StepTimers = Pick<Timers, 'start' | 'endOf'>;

export function StepText({ text, step, timers }: Props) {
  const parts = useMemo(() => stepParts(text), [text]);
  if (!timers) return text;
  const label = texts.timer.ofStep(step);
  // Of two times in a step nobody can tell which one runs.
  const isOnlyOne = parts.filter(({ seconds }) => seconds !== null).length === 1;
  return parts.map(({ text: part, seconds }, at) =>
    seconds === null ? (
      part
    ) : (
      <TimeButton
        // biome-ignore lint/suspicious/noArrayIndexKey: a part is known by its place in the text
        key={at}
        text={part}
        endsAt={isOnlyOne ? timers.endOf(label) : undefined}
        onStart={() => timers.start(label, seconds)}
      />
    ),
  );
}

interface TimeProps {
  text: string;
  endsAt: number | undefined;
  onStart: () => void;
}

function TimeButton({ text, endsAt, onStart }: TimeProps) {
  const now = useNow(endsAt === undefined ? null : 1_000);
  const left = endsAt === undefined ? 0 : Math.ceil((endsAt - now) / 1_000);
  if (left > 0) {
    return (
      <span className="time running">
        <Icon name="clock" />
        {texts.timer.left(timerText(left))}
      </span>
    );
  }
  return (
    <button type="button" className="time" aria-label={texts.timer.start(text)} onClick={onStart}>
      <Icon name="clock" />
      {text}
    </button>
  );
}
