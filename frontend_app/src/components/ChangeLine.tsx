// Who changed the recipe last and when, and the button that takes exactly that change back.

import { useNow } from '../hooks/useNow';
import type { Undo } from '../hooks/useUndo';
import { withSigns } from '../lib/amounts';
import type { Change } from '../lib/last-change';
import { agoText, texts } from '../texts';
import { Icon } from './Icon';

const labels = texts.recipe;

interface Props {
  change: Change;
  /** The reader's user id. */
  me: string;
  undo?: Undo | undefined;
  disabled: boolean;
  /** Whether the difference is shown now; null when there is none to show. */
  isDiffShown: boolean | null;
  onToggleDiff: () => void;
}

export function ChangeLine({ change, me, undo, disabled, isDiffShown, onToggleDiff }: Props) {
  const now = useNow(30_000);
  const who = change.author.id === me ? texts.you.toLowerCase() : change.author.name;
  const when = agoText(now - Date.parse(change.at));
  const what = labels.changeBy(withSigns(change.effect), who);
  const verb = change.isUndo ? labels.redo : labels.undo;
  const title = labels.undoTitle(verb, what);
  return (
    <div className="change-line meta">
      <Icon name="history" />
      <p className="soft" dir="auto">
        {labels.changedBy(when, who)}
      </p>
      {isDiffShown !== null && (
        <button type="button" className="quiet" aria-pressed={isDiffShown} onClick={onToggleDiff}>
          {isDiffShown ? labels.hideChanges : labels.viewChanges}
        </button>
      )}
      {undo && (
        <button
          type="button"
          className="quiet"
          title={title}
          aria-label={title}
          disabled={disabled || undo.isRunning}
          onClick={() => undo.run(change)}
        >
          {verb}
        </button>
      )}
      {undo?.problem && (
        <p role="alert" className="problem">
          {undo.problem}
        </p>
      )}
    </div>
  );
}
