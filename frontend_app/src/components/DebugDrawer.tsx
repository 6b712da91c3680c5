// The connection's last events, for people who look for a fault (`?debug=ws`). Loaded only then.

import { useState } from 'react';
import { useNow } from '../hooks/useNow';
import type { WebSocketManager } from '../lib/websocket';
import type { DiaryEntry } from '../lib/ws/diary';
import { words } from '../words';

export default function DebugDrawer({ manager }: { manager: WebSocketManager }) {
  useNow(1_000);
  const [copied, setCopied] = useState(false);
  const report = manager.report();
  const diary = report['diary'] as readonly DiaryEntry[];
  const copy = async () => {
    await navigator.clipboard.writeText(JSON.stringify(report, null, 2));
    setCopied(true);
  };
  return (
    <section className="debug-drawer" aria-label={words.debug.title}>
      <header>
        <h2>{words.debug.title}</h2>
        <button type="button" className="secondary" onClick={() => void copy()}>
          {copied ? words.debug.copied : words.debug.copy}
        </button>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <ol tabIndex={0} aria-label={words.debug.title}>
        {diary.toReversed().map(({ at, what }, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: entries have no other identity, and no state
          <li key={diary.length - place}>
            <time>{new Date(at).toISOString().slice(11, 23)}</time> <code>{what}</code>
          </li>
        ))}
      </ol>
    </section>
  );
}
