// The running timers, and those that ring. Loaded when there is one.

import { useEffect, useRef } from 'react';
import { useNow } from '../hooks/useNow';
import type { Timers } from '../hooks/useTimers';
import { ring } from '../lib/ring';
import { type KitchenTimer, stopTimer } from '../lib/timers';
import { timerText } from '../texts';
import { lazyTexts } from '../texts-lazy';
import { Icon } from './Icon';

const labels = lazyTexts.timer;

export default function TimerBar({ timers }: { timers: Timers }) {
  const now = useNow(1_000);
  useRinging(timers.list, now);
  return (
    <ul className="timer-bar" aria-label={labels.list}>
      {timers.list.map(timer => (
        <TimerPill key={timer.id} timer={timer} now={now} onStop={() => stop(timer, timers.say)} />
      ))}
    </ul>
  );
}

/** A timer of this browser at once, a shared one by a message. */
function stop({ id, label, by }: KitchenTimer, say: Timers['say']): void {
  if (by === undefined) stopTimer(id);
  else say?.(labels.stopRequest(label));
}

interface PillProps {
  timer: KitchenTimer;
  now: number;
  onStop: () => void;
}

function TimerPill({ timer: { label, endsAt, startedAt, by }, now, onStop }: PillProps) {
  const left = Math.ceil((endsAt - now) / 1_000);
  const isOver = left <= 0;
  return (
    <li className={isOver ? 'timer over' : 'timer'}>
      <Icon name="clock" />
      <span className="timer-label" dir="auto">
        {label}
        {by && <small> {by}</small>}
      </span>
      <b aria-live="off">{isOver ? labels.done : timerText(left)}</b>
      {startedAt > 0 && !isOver && (
        <progress
          max={endsAt - startedAt}
          value={now - startedAt}
          aria-label={labels.left(label)}
        />
      )}
      <button
        type="button"
        className="icon-button"
        aria-label={isOver ? labels.dismiss(label) : labels.stop(label)}
        onClick={onStop}
      >
        <Icon name={isOver ? 'check' : 'stop'} />
      </button>
      {isOver && (
        <span className="visually-hidden" role="alert">
          {labels.over(label)}
        </span>
      )}
    </li>
  );
}

/** A sound and a notification for each timer whose end this page has seen. */
function useRinging(timers: readonly KitchenTimer[], now: number): void {
  const seenBefore = useRef(now);
  useEffect(() => {
    for (const { label, endsAt } of timers)
      if (endsAt > seenBefore.current && endsAt <= now) ring(labels.over(label));
    seenBefore.current = now;
  }, [timers, now]);
}
