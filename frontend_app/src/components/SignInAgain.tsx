// The sign-in form in place of a page, for a person whose login has ended meanwhile.

import type { User } from '@recipe-chat/client';
import { useEffect, useRef } from 'react';
import type { Api } from '../lib/api';
import { lazyTexts } from '../texts-lazy';
import { SignInForm } from './WaysIn';

const labels = lazyTexts.signedOut;

interface Props {
  api: Api;
  user: User;
  onSignedIn: () => void;
}

export function SignInAgain({ api, user, onSignedIn }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <main className="sign-in-again" tabIndex={-1}>
      <h2 ref={heading} tabIndex={-1}>
        {labels.title}
      </h2>
      <p className="soft">{labels.text}</p>
      <SignInForm api={api} knownUser={user} onSignedIn={onSignedIn} />
    </main>
  );
}
