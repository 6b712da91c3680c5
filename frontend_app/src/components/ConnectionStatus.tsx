// The state of the connection: a coloured dot and a word.

import type { ConnectionState } from '@recipe-chat/client';
import { useNow } from '../hooks/useNow';
import { texts, timeText } from '../texts';

const COLORS: Record<ConnectionState, 'red' | 'yellow' | 'green'> = {
  disconnected: 'red',
  connecting: 'yellow',
  authenticating: 'yellow',
  authenticated: 'green',
  reconnecting: 'yellow',
};

interface Props {
  state: ConnectionState;
  /** When the next attempt starts, for the countdown. */
  retryAt?: number | null;
  /** When the sign-in of this connection ends, unless it is renewed before: shown as a tooltip. */
  signedInUntil?: string | undefined;
}

export function ConnectionStatus({ state, retryAt = null, signedInUntil }: Props) {
  const isCounting = state === 'reconnecting' && retryAt !== null && Number.isFinite(retryAt);
  const now = useNow(isCounting ? 1_000 : null);
  const seconds = isCounting ? Math.ceil((retryAt - now) / 1_000) : 0;
  return (
    <div className="status-place">
      <div
        className={`connection-status ${COLORS[state]}`}
        title={signedInUntil && texts.signedInUntil(timeText(signedInUntil))}
      >
        <span className="status-dot" />
        {texts.status[state]}
        {seconds > 0 && (
          <span className="countdown" aria-hidden="true">
            {texts.nextTry(seconds)}
          </span>
        )}
      </div>
    </div>
  );
}
