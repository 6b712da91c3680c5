// Chat and recipe as two tabs, for narrow screens.

import type { KeyboardEvent } from 'react';
import { words } from '../words';

type Name = 'chat' | 'recipe';

interface Props {
  selected: Name;
  onSelect: (name: Name) => void;
  /** The recipe changed while it was out of sight. */
  recipeChanged: boolean;
}

export function Tabs({ selected, onSelect, recipeChanged }: Props) {
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    const other = selected === 'chat' ? 'recipe' : 'chat';
    onSelect(other);
    document.getElementById(`tab-${other}`)?.focus();
  };
  const tab = (name: Name, label: string, mark = false) => (
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
      {mark && (
        <span className="dot">
          <span className="visually-hidden">{words.recipeChanged}</span>
        </span>
      )}
    </button>
  );
  return (
    <div className="tabs" role="tablist" onKeyDown={onKeyDown}>
      {tab('chat', words.chatTab)}
      {tab('recipe', words.recipeTab, recipeChanged)}
    </div>
  );
}
