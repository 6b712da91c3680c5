// The connection's last events, for people who look for a fault (`?debug=ws`). Loaded only then.

import type { WebSocketManager } from '@recipe-chat/client';
import type { LogEntry } from '@recipe-chat/client/event-log';
import { useState } from 'react';
import { useNow } from '../hooks/useNow';
import { lazyTexts } from '../texts-lazy';

export default function DebugDrawer({ manager }: { manager: WebSocketManager }) {
  useNow(1_000);
  const [copied, setCopied] = useState(false);
  const report = manager.report();
  const entries = report['events'] as readonly LogEntry[];
  const copy = async () => {
    await navigator.clipboard.writeText(JSON.stringify(report, null, 2));
    setCopied(true);
  };
  return (
    <section className="debug-drawer" aria-label={lazyTexts.debug.title}>
      <header className="row">
        <h2>{lazyTexts.debug.title}</h2>
        <button type="button" className="secondary" onClick={() => void copy()}>
          {copied ? lazyTexts.debug.copied : lazyTexts.debug.copy}
        </button>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling element must be reachable by keyboard */}
      <ol tabIndex={0} aria-label={lazyTexts.debug.title}>
        {entries.toReversed().map(({ at, what }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: entries have no other identity, and no state
          <li key={entries.length - index}>
            <time>{new Date(at).toISOString().slice(11, 23)}</time> <code>{what}</code>
          </li>
        ))}
      </ol>
    </section>
  );
}
