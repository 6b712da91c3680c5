// Instead of the connection, once it has ended for good: why, and the way on. Loaded when that happens.

import type { Snapshot, User, WebSocketManager } from '@recipe-chat/client';
import { useEffect, useRef } from 'react';
import type { Api } from '../lib/api';
import { texts } from '../texts';
import { lazyTexts } from '../texts-lazy';
import { ConnectionId } from './ConnectionBanner';
import { Link } from './Link';
import { SignInForm } from './WaysIn';

interface Props {
  ending: NonNullable<Snapshot['ending']>;
  connectionId: string | null;
  manager: WebSocketManager;
  api: Api;
  user: User;
}

export default function ConnectionEnded({ ending, connectionId, manager, api, user }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <section className="ended" aria-labelledby="ended-title">
      <h2 id="ended-title" ref={heading} tabIndex={-1}>
        {texts.ended[ending.action]}
      </h2>
      <p>{lazyTexts.ended[ending.action]}</p>
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
          {lazyTexts.backToRecipes}
        </Link>
      )}
      <ConnectionId id={connectionId} />
    </section>
  );
}
