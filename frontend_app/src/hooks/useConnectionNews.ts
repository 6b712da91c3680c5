// What of the connection is worth showing, and when: nothing in the first second of an outage, a banner after five.

import type { ConnectionState, Snapshot } from '../lib/websocket';
import { useElapsed } from './useNow';

const QUIET = 1_000;
const BANNER = 5_000;
const REAUTH_NOTICE = 2_000;

export interface ConnectionNews {
  /** The state for the eye; lags behind the real one during short outages. */
  shown: ConnectionState;
  banner: boolean;
  keepingSignedIn: boolean;
}

type Known = Pick<Snapshot, 'state' | 'outageSince' | 'proven' | 'reauthSince'>;

export function useConnectionNews({
  state,
  outageSince,
  proven,
  reauthSince,
}: Known): ConnectionNews {
  const isOut = state === 'reconnecting' || state === 'connecting' || state === 'authenticating';
  const worthWords = useElapsed(outageSince, QUIET);
  const long = useElapsed(outageSince, BANNER);
  const slowReauth = useElapsed(reauthSince, REAUTH_NOTICE);
  return {
    shown: isOut && proven && !worthWords ? 'authenticated' : state,
    banner: isOut && long,
    keepingSignedIn: slowReauth,
  };
}
