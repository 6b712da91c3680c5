// The keyboard shortcuts.

import { lazyTexts } from '../texts-lazy';

export function ShortcutList() {
  return (
    <dl className="shortcuts">
      {lazyTexts.shortcuts.list.map(([keys, meaning]) => (
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
