// The page for a person who is not signed in.

import { useEffect } from 'react';
import type { Api } from '../lib/api';
import { texts } from '../texts';
import { SignInForm } from './SignInForm';

export function SignInPage({ api }: { api: Api }) {
  useEffect(() => {
    document.title = texts.appName;
  }, []);
  return (
    <main className="page sign-in-page">
      <img src="/favicon.svg" alt="" width="64" height="64" />
      <h1>{texts.appName}</h1>
      <p className="soft">{texts.tagline}</p>
      <SignInForm api={api} />
    </main>
  );
}
