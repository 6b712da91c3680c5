// One step at a time, large, for the stove: the screen stays awake, its ingredients stand below, and the next step is a
// tap, a swipe or a key away. Loaded when it is opened.

import type { Recipe } from '@recipe-chat/client';
import { type PointerEvent, useEffect, useRef } from 'react';
import type { Ticks } from '../hooks/useTicks';
import type { Timers } from '../hooks/useTimers';
import { useWakeLock } from '../hooks/useWakeLock';
import { ingredientsOf } from '../lib/step-ingredients';
import { texts } from '../texts';
import { lazyTexts } from '../texts-lazy';
import { Icon } from './Icon';
import { IngredientRows } from './IngredientRows';
import { StepText } from './StepText';
import TimerBar from './TimerBar';

const labels = lazyTexts.cook;
/** A finger that moves farther sideways, in pixels, turns the page. */
const SWIPE_DISTANCE = 48;

interface Props {
  recipe: Recipe;
  /** For how many times as many people the amounts are shown. */
  factor: number;
  ticks: Ticks;
  timers: Timers;
  step: number;
  onStep: (step: number) => void;
  onClose: () => void;
}

export default function CookMode({ recipe, factor, ticks, timers, step, onStep, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  useWakeLock();
  const { steps, title } = recipe;
  const last = steps.length - 1;
  // Steps may be removed meanwhile.
  const at = Math.min(Math.max(step, 0), last);
  const current = steps[at];
  const go = (by: number) => {
    const next = at + by;
    if (by > 0 && current && !ticks.has(current.id)) ticks.toggle(current.id);
    if (next > last) dialog.current?.close();
    else onStep(Math.max(next, 0));
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const by = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 }[event.key];
    const isSpace = event.key === ' ' && !(event.target as Element).closest('button, input');
    if (by === undefined && !isSpace) return;
    event.preventDefault();
    go(by ?? 1);
  };
  const swipe = useSwipe(go);
  if (!current) return null;
  const rows = ingredientsOf(current.text, recipe.ingredients).map(item => ({
    item,
    mark: 'same' as const,
    before: null,
  }));
  return (
    <dialog
      ref={dialog}
      className="cook-mode"
      aria-label={labels.title(title)}
      onClose={onClose}
      onKeyDown={onKeyDown}
      {...swipe}
    >
      <header className="row">
        <p className="grow" dir="auto">
          <b>{title}</b> <span className="soft">{labels.stepOf(at + 1, steps.length)}</span>
        </p>
        <button
          type="button"
          className="icon-button"
          aria-label={texts.close}
          onClick={() => dialog.current?.close()}
        >
          <Icon name="close" />
        </button>
      </header>
      {timers.list.length > 0 && <TimerBar timers={timers} />}
      <div className="cook-progress" aria-hidden="true">
        {steps.map(({ id }, number) => (
          <span key={id} className={number <= at ? 'reached' : undefined} />
        ))}
      </div>
      <div className="cook-step" aria-live="polite" key={current.id}>
        <p dir="auto">
          <StepText text={current.text} step={at + 1} timers={timers} />
        </p>
        {rows.length > 0 && (
          <div>
            <h2 className="field-label">{labels.inThisStep}</h2>
            <IngredientRows rows={rows} ticks={ticks} factor={factor} />
          </div>
        )}
      </div>
      <footer>
        <button type="button" className="secondary" disabled={at === 0} onClick={() => go(-1)}>
          {labels.back}
        </button>
        {/* biome-ignore lint/a11y/noAutofocus: the dialog has just been opened for this */}
        <button type="button" className="primary" autoFocus onClick={() => go(1)}>
          {at === last ? labels.finish : labels.next(at + 2)}
        </button>
      </footer>
    </dialog>
  );
}

/** A swipe to the left goes on, one to the right goes back. */
function useSwipe(go: (by: number) => void) {
  const start = useRef<{ x: number; y: number } | null>(null);
  return {
    onPointerDown: ({ clientX: x, clientY: y }: PointerEvent) => {
      start.current = { x, y };
    },
    onPointerUp: ({ clientX, clientY }: PointerEvent) => {
      if (!start.current) return;
      const [x, y] = [clientX - start.current.x, clientY - start.current.y];
      start.current = null;
      if (Math.abs(x) > SWIPE_DISTANCE && Math.abs(x) > 2 * Math.abs(y)) go(x < 0 ? 1 : -1);
    },
    onPointerCancel: () => {
      start.current = null;
    },
  };
}
