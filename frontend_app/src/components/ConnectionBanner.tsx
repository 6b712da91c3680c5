// What a person should know about the connection, in the order of importance; most of the time nothing.

import { useEffect, useRef } from 'react';
import type { ConnectionNews } from '../hooks/useConnectionNews';
import type { Api } from '../lib/api';
import type { Snapshot, WebSocketManager } from '../lib/websocket';
import type { User } from '../lib/ws/protocol';
import { words } from '../words';
import { Link } from './Link';
import { SignInForm } from './SignInForm';

interface Props {
  news: ConnectionNews;
  snapshot: Snapshot;
  manager: WebSocketManager;
  api: Api;
  user: User;
}

export function ConnectionBanner({ news, snapshot, manager, api, user }: Props) {
  if (snapshot.ending) {
    const { ending, connection } = snapshot;
    return (
      <Ended ending={ending} connection={connection} manager={manager} api={api} user={user} />
    );
  }
  if (news.banner) {
    const waiting = snapshot.outbox.filter(({ status }) => status !== 'failed').length;
    return (
      <div className="banner">
        <p>{words.outage(waiting)}</p>
        <button type="button" className="secondary" onClick={() => manager.retryNow()}>
          {words.retryNow}
        </button>
        <ConnectionId id={snapshot.connection} />
      </div>
    );
  }
  return news.keepingSignedIn ? (
    <p className="banner quiet-banner">{words.keepingSignedIn}</p>
  ) : null;
}

type EndedProps = Pick<Props, 'manager' | 'api' | 'user'> & {
  ending: NonNullable<Snapshot['ending']>;
  connection: string | null;
};

function Ended({ ending, connection, manager, api, user }: EndedProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { title, text } = words.ended[ending.action];
  useEffect(() => heading.current?.focus(), []);
  return (
    <section className="ended" aria-labelledby="ended-title">
      <h2 id="ended-title" ref={heading} tabIndex={-1}>
        {title}
      </h2>
      <p>{text}</p>
      {ending.action === 'sign_in' && (
        <SignInForm api={api} again={user.name} onSignedIn={() => manager.retryNow()} />
      )}
      {ending.action === 'try_again' && (
        <button type="button" className="primary" onClick={() => manager.retryNow()}>
          {words.tryAgain}
        </button>
      )}
      {ending.action !== 'try_again' && (
        <Link href="/" className="soft">
          {words.backToRecipes}
        </Link>
      )}
      <ConnectionId id={connection} />
    </section>
  );
}

/** What operators find the connection by, in the server's log. */
function ConnectionId({ id }: { id: string | null }) {
  return id && <p className="soft connection-id">{words.connectionId(id)}</p>;
}
