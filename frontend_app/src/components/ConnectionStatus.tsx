// The state of the connection in a dot and a word.

import { useNow } from '../hooks/useNow';
import type { ConnectionState } from '../lib/websocket';
import { timeText, words } from '../words';

const COLORS: Record<ConnectionState, 'red' | 'yellow' | 'green'> = {
  disconnected: 'red',
  connecting: 'yellow',
  authenticating: 'yellow',
  authenticated: 'green',
  reconnecting: 'yellow',
};

interface Props {
  state: ConnectionState;
  /** When the next try starts, for the countdown. */
  retryAt?: number | null;
  /** When the sign-in of this connection ends, unless it is renewed before: for those who point at it. */
  signedInUntil?: string | undefined;
}

export function ConnectionStatus({ state, retryAt = null, signedInUntil }: Props) {
  const counting = state === 'reconnecting' && retryAt !== null && Number.isFinite(retryAt);
  const now = useNow(counting ? 1_000 : null);
  const seconds = counting ? Math.ceil((retryAt - now) / 1_000) : 0;
  return (
    <div
      className={`connection-status ${COLORS[state]}`}
      title={signedInUntil && words.signedInUntil(timeText(signedInUntil))}
    >
      <span className="status-dot" />
      {words.status[state]}
      {seconds > 0 && (
        <span className="countdown" aria-hidden="true">
          {words.nextTry(seconds)}
        </span>
      )}
    </div>
  );
}
