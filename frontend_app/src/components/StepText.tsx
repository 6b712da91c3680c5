// The text of a step, in which each time is a button that starts a timer.

import { useMemo } from 'react';
import { stepParts } from '../lib/step-times';
import { texts } from '../texts';
import { Icon } from './Icon';

interface Props {
  text: string;
  /** Absent where no timer can be started. */
  onTimer?: ((seconds: number) => void) | undefined;
}

export function StepText({ text, onTimer }: Props) {
  const parts = useMemo(() => stepParts(text), [text]);
  if (!onTimer) return text;
  return parts.map(({ text: part, seconds }, at) =>
    seconds === null ? (
      part
    ) : (
      <button
        type="button"
        className="time"
        // biome-ignore lint/suspicious/noArrayIndexKey: a part is known by its place in the text
        key={at}
        aria-label={texts.timer.start(part)}
        onClick={() => onTimer(seconds)}
      >
        <Icon name="clock" />
        {part}
      </button>
    ),
  );
}
