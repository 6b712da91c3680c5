// What of the connection is shown, and when: nothing in the first second of an outage, a banner after five.

import type { ConnectionState, Snapshot } from '@recipe-chat/client';
import { useElapsed } from './useNow';

const STATUS_DELAY = 1_000;
const BANNER_DELAY = 5_000;
const REAUTH_NOTICE_DELAY = 2_000;

export interface ConnectionDisplay {
  /** The state to show; lags behind the real one during short outages. */
  state: ConnectionState;
  banner: boolean;
  keepingSignedIn: boolean;
}

type Props = Pick<Snapshot, 'state' | 'outageSince' | 'authenticatedOnce' | 'reauthSince'>;

export function useConnectionDisplay({
  state,
  outageSince,
  authenticatedOnce,
  reauthSince,
}: Props): ConnectionDisplay {
  const isOut = state === 'reconnecting' || state === 'connecting' || state === 'authenticating';
  const isNoticeable = useElapsed(outageSince, STATUS_DELAY);
  const isLong = useElapsed(outageSince, BANNER_DELAY);
  const isReauthSlow = useElapsed(reauthSince, REAUTH_NOTICE_DELAY);
  return {
    state: isOut && authenticatedOnce && !isNoticeable ? 'authenticated' : state,
    banner: isOut && isLong,
    keepingSignedIn: isReauthSlow,
  };
}
