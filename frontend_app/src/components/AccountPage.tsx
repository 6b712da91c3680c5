// The account of whoever is signed in: a guest's way to keep it, name, password, login sessions, export and deletion.

import type { User } from '@recipe-chat/client';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { type Account, AccountCalls } from '../lib/account';
import { type Api, ApiError, isSignedOut } from '../lib/api';
import { isGuest } from '../lib/guests';
import { dayText, texts } from '../texts';
import { lazyTexts } from '../texts-lazy';
import { ClaimForm, DeleteForm, NameForm, PasswordForm } from './AccountForms';
import { ExportButton, LoginSessions } from './AccountSections';
import { AppMenu } from './AppMenu';
import { HomeLink } from './HomeLink';
import { SignInAgain } from './SignInAgain';

const labels = lazyTexts.account;

export default function AccountPage({ api, user }: { api: Api; user: User }) {
  const calls = useMemo(() => new AccountCalls(api), [api]);
  const { account, problem, hasEnded, reload } = useAccount(calls);
  useEffect(() => {
    document.title = `${texts.account} · ${texts.appName}`;
  }, []);
  return (
    <div className="page account-page">
      <header className="page-header">
        <HomeLink />
        <span className="grow" />
        <AppMenu api={api} user={user} />
      </header>
      {hasEnded ? (
        <SignInAgain api={api} user={user} onSignedIn={reload} />
      ) : (
        <main tabIndex={-1}>
          <h1>{texts.account}</h1>
          {problem && (
            <p className="row">
              <span role="alert" className="problem">
                {problem}
              </span>
              <button type="button" className="secondary" onClick={reload}>
                {texts.tryAgain}
              </button>
            </p>
          )}
          {account && <Sections account={account} calls={calls} onChange={reload} />}
          {!account && !problem && <div className="skeleton" aria-hidden="true" />}
        </main>
      )}
    </div>
  );
}

interface SectionsProps {
  account: Account;
  calls: AccountCalls;
  onChange: () => void;
}

function Sections({ account, calls, onChange }: SectionsProps) {
  const { user, username, created_at, sessions = [] } = account;
  const isGuestNow = isGuest(user);
  return (
    <>
      <p className="soft" dir="auto">
        {isGuestNow ? labels.guest : labels.since(username, dayText(created_at))}
      </p>
      {isGuestNow && <ClaimForm calls={calls} onDone={onChange} />}
      <NameForm calls={calls} name={user.name} onDone={onChange} />
      {!isGuestNow && <PasswordForm calls={calls} username={username} onDone={onChange} />}
      <LoginSessions calls={calls} sessions={sessions} onDone={onChange} />
      <ExportButton calls={calls} />
      <DeleteForm calls={calls} isGuest={isGuestNow} />
    </>
  );
}

function useAccount(calls: AccountCalls) {
  const [account, setAccount] = useState<Account | null>(null);
  const [problem, setProblem] = useState('');
  const [hasEnded, setEnded] = useState(false);
  const read = useCallback(async () => {
    setEnded(false);
    try {
      setAccount(await calls.read());
      setProblem('');
    } catch (error) {
      if (isSignedOut(error)) return setEnded(true);
      const isUnknown = error instanceof ApiError && error.status === 404;
      setProblem(isUnknown ? texts.notServed : labels.failed);
    }
  }, [calls]);
  useEffect(() => void read(), [read]);
  return { account, problem, hasEnded, reload: () => void read() };
}
