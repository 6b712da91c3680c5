// The keys that do something.

import { seldomWords } from '../words-seldom';

export function ShortcutList() {
  return (
    <dl className="shortcuts">
      {seldomWords.shortcuts.list.map(([keys, meaning]) => (
        <div key={keys}>
          <dt>
            <kbd>{keys}</kbd>
          </dt>
          <dd>{meaning}</dd>
        </div>
      ))}
    </dl>
  );
}
