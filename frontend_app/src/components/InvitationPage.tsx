// The page of a share link: to what it leads and by whom, and the way in, with an account or as a guest.

import type { User } from '@recipe-chat/client';
import { useCallback, useEffect, useState } from 'react';
import { useTask } from '../hooks/useTask';
import { type Api, ApiError } from '../lib/api';
import { acceptLink, describeLink, type Invitation } from '../lib/links';
import { navigate } from '../lib/navigation';
import { texts } from '../texts';
import { lazyTexts } from '../texts-lazy';
import { Brand } from './Brand';
import { Face } from './Face';
import { Link } from './Link';
import { WaysIn } from './WaysIn';

const labels = lazyTexts.invitation;

interface Props {
  api: Api;
  token: string;
  /** Whoever is signed in. */
  user: User | null;
}

export default function InvitationPage({ api, token, user }: Props) {
  const { invitation, problem, reload } = useInvitation(api, token);
  const task = useTask({ 404: labels.gone });
  useEffect(() => {
    document.title = `${invitation?.title ?? texts.appName} · ${texts.appName}`;
  }, [invitation]);
  const join = () =>
    task.run(async () => navigate(`/r/${await acceptLink(api, token)}`, { replace: true }));
  if (!invitation) {
    return (
      <main className="page narrow-page" tabIndex={-1}>
        <Brand />
        <h1>{problem ? labels.title : texts.appName}</h1>
        {problem ? <p role="alert">{problem}</p> : <div className="skeleton" aria-hidden="true" />}
        {problem && (
          <p className="row">
            <Link href="/" className="button primary">
              {lazyTexts.backToRecipes}
            </Link>
            <button type="button" className="secondary" onClick={reload}>
              {texts.tryAgain}
            </button>
          </p>
        )}
      </main>
    );
  }
  return (
    <main className="page invitation-page" tabIndex={-1}>
      <Brand />
      <section>
        <p className="row soft" dir="auto">
          <Face user={{ id: invitation.by, name: invitation.by }} />
          {labels.by(invitation.by)}
        </p>
        <h1 dir="auto">{invitation.title}</h1>
        <p className="soft">{labels.roles[invitation.role]}</p>
        {user ? (
          <p className="row">
            <button
              type="button"
              className="primary"
              disabled={task.isRunning}
              onClick={() => void join()}
            >
              {labels.join(user.name)}
            </button>
          </p>
        ) : (
          <WaysIn api={api} onSignedIn={() => void join()} />
        )}
        <p role="alert" className="problem">
          {task.problem}
        </p>
      </section>
    </main>
  );
}

function useInvitation(api: Api, token: string) {
  const [invitation, setInvitation] = useState<Invitation | null>(null);
  const [problem, setProblem] = useState('');
  const read = useCallback(async () => {
    setProblem('');
    try {
      setInvitation(await describeLink(api, token));
    } catch (error) {
      const isGone = error instanceof ApiError && error.status === 404;
      setProblem(isGone ? labels.gone : texts.signIn.unreachable);
    }
  }, [api, token]);
  useEffect(() => void read(), [read]);
  return { invitation, problem, reload: () => void read() };
}
