// The page for somebody whose browser belongs to somebody else meanwhile: it chooses, the page does not.

import { useEffect, useRef, useState } from 'react';
import type { Api } from '../lib/api';
import type { User } from '../lib/ws/protocol';
import { words } from '../words';
import { seldomWords } from '../words-seldom';
import { SignInForm } from './SignInForm';

const say = seldomWords.otherUser;

export default function OtherUserPage({ api, user, other }: { api: Api; user: User; other: User }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    document.title = words.appName;
    heading.current?.focus();
  }, []);
  const goOn = () => {
    setProblem('');
    api.goOnAsOther().catch(() => setProblem(say.failed));
  };
  return (
    <main className="page sign-in-page other-user-page">
      <h1 ref={heading} tabIndex={-1} dir="auto">
        {say.title(other.name)}
      </h1>
      <p className="soft" dir="auto">
        {say.text(user.name)}
      </p>
      <button type="button" className="primary" onClick={goOn}>
        {say.goOn(other.name)}
      </button>
      <p role="alert" className="problem">
        {problem}
      </p>
      <h2 dir="auto">{say.again(user.name)}</h2>
      <SignInForm api={api} again={user.name} />
    </main>
  );
}
