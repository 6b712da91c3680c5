// What a person should know about the connection, the most important first; most of the time nothing.

import type { Snapshot, User, WebSocketManager } from '@recipe-chat/client';
import type { ConnectionDisplay } from '../hooks/useConnectionDisplay';
import type { Api } from '../lib/api';
import { texts } from '../texts';
import { lazyComponent } from './lazy';

const ConnectionEnded = lazyComponent(() => import('./ConnectionEnded'));

interface Props {
  display: ConnectionDisplay;
  snapshot: Snapshot;
  manager: WebSocketManager;
  api: Api;
  user: User;
}

export function ConnectionBanner({ display, snapshot, manager, api, user }: Props) {
  if (snapshot.ending) {
    const { ending, connectionId } = snapshot;
    return (
      <ConnectionEnded
        ending={ending}
        connectionId={connectionId}
        manager={manager}
        api={api}
        user={user}
      />
    );
  }
  if (display.banner) {
    const waiting = snapshot.outbox.filter(({ status }) => status !== 'failed').length;
    // Before the first connection nobody can write.
    const isStart = waiting === 0 && !snapshot.authenticatedOnce;
    return (
      <div className="banner">
        <p>{isStart ? texts.outageAtStart : texts.outage(waiting)}</p>
        <ConnectionId id={snapshot.connectionId} />
        <button type="button" className="secondary" onClick={() => manager.retryNow()}>
          {texts.retryNow}
        </button>
      </div>
    );
  }
  return display.keepingSignedIn ? (
    <p className="banner quiet-banner">{texts.keepingSignedIn}</p>
  ) : null;
}

/** By this id operators find the connection in the server's log. */
export function ConnectionId({ id }: { id: string | null }) {
  return id && <p className="soft connection-id">{texts.connectionId(id)}</p>;
}
