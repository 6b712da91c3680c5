// What a person should know about the connection, the most important first; most of the time nothing.

import type { Snapshot, User, WebSocketManager } from '@recipe-chat/client';
import { useEffect, useRef } from 'react';
import type { ConnectionDisplay } from '../hooks/useConnectionDisplay';
import type { Api } from '../lib/api';
import { texts } from '../texts';
import { Link } from './Link';
import { SignInForm } from './SignInForm';

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
      <Ended ending={ending} connectionId={connectionId} manager={manager} api={api} user={user} />
    );
  }
  if (display.banner) {
    const waiting = snapshot.outbox.filter(({ status }) => status !== 'failed').length;
    // Before the first connection nobody can write.
    const isStart = waiting === 0 && !snapshot.authenticatedOnce;
    return (
      <div className="banner">
        <p>{isStart ? texts.outageAtStart : texts.outage(waiting)}</p>
        <button type="button" className="secondary" onClick={() => manager.retryNow()}>
          {texts.retryNow}
        </button>
        <ConnectionId id={snapshot.connectionId} />
      </div>
    );
  }
  return display.keepingSignedIn ? (
    <p className="banner quiet-banner">{texts.keepingSignedIn}</p>
  ) : null;
}

type EndedProps = Pick<Props, 'manager' | 'api' | 'user'> & {
  ending: NonNullable<Snapshot['ending']>;
  connectionId: string | null;
};

function Ended({ ending, connectionId, manager, api, user }: EndedProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { title, text } = texts.ended[ending.action];
  useEffect(() => heading.current?.focus(), []);
  return (
    <section className="ended" aria-labelledby="ended-title">
      <h2 id="ended-title" ref={heading} tabIndex={-1}>
        {title}
      </h2>
      <p>{text}</p>
      {ending.action === 'sign_in' && (
        <SignInForm api={api} knownUser={user} onSignedIn={() => manager.retryNow()} />
      )}
      {ending.action === 'try_again' && (
        <button type="button" className="primary" onClick={() => manager.retryNow()}>
          {texts.tryAgain}
        </button>
      )}
      {ending.action !== 'try_again' && (
        <Link href="/" className="soft">
          {texts.backToRecipes}
        </Link>
      )}
      <ConnectionId id={connectionId} />
    </section>
  );
}

/** By this id operators find the connection in the server's log. */
function ConnectionId({ id }: { id: string | null }) {
  return id && <p className="soft connection-id">{texts.connectionId(id)}</p>;
}
