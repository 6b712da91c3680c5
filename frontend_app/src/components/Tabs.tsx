// Chat and recipe as two tabs, for narrow screens.

import type { KeyboardEvent } from 'react';
import { texts } from '../texts';

export type TabName = 'chat' | 'recipe';

interface Props {
  selected: TabName;
  onSelect: (name: TabName) => void;
  /** The recipe changed while its tab was hidden. */
  recipeChanged: boolean;
}

export function Tabs({ selected, onSelect, recipeChanged }: Props) {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    const other = selected === 'chat' ? 'recipe' : 'chat';
    onSelect(other);
    document.getElementById(`tab-${other}`)?.focus();
  };
  const tab = (name: TabName, label: string, hasDot = false) => (
    <button
      type="button"
      role="tab"
      id={`tab-${name}`}
      aria-selected={selected === name}
      aria-controls={`panel-${name}`}
      tabIndex={selected === name ? 0 : -1}
      onClick={() => onSelect(name)}
    >
      {label}
      {hasDot && (
        <span className="dot">
          <span className="visually-hidden">{texts.recipeChanged}</span>
        </span>
      )}
    </button>
  );
  return (
    <div className="tabs" role="tablist" onKeyDown={onKeyDown}>
      {tab('chat', texts.chatTab)}
      {tab('recipe', texts.recipeTab, recipeChanged)}
    </div>
  );
}
