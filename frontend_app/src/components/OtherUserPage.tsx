// The page for a person whose browser was signed in as somebody else meanwhile: the person chooses how to go on.

import type { User } from '@recipe-chat/client';
import { useEffect, useRef, useState } from 'react';
import type { Api } from '../lib/api';
import { texts } from '../texts';
import { lazyTexts } from '../texts-lazy';
import { SignInForm } from './WaysIn';

const labels = lazyTexts.otherUser;

export default function OtherUserPage({ api, user, other }: { api: Api; user: User; other: User }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    document.title = texts.appName;
    heading.current?.focus();
  }, []);
  const goOn = () => {
    setProblem('');
    api.switchToOther().catch(() => setProblem(labels.failed));
  };
  return (
    <main className="page sign-in-page other-user-page" tabIndex={-1}>
      <h1 ref={heading} tabIndex={-1} dir="auto">
        {labels.title(other.name)}
      </h1>
      <p className="soft" dir="auto">
        {labels.text(user.name)}
      </p>
      <button type="button" className="primary" onClick={goOn}>
        {labels.goOn(other.name)}
      </button>
      <p role="alert" className="problem">
        {problem}
      </p>
      <h2 dir="auto">{labels.again(user.name)}</h2>
      <SignInForm api={api} knownUser={user} />
    </main>
  );
}
