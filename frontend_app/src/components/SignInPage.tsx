// The page for somebody whom we do not know yet.

import { useEffect } from 'react';
import type { Api } from '../lib/api';
import { words } from '../words';
import { SignInForm } from './SignInForm';

export function SignInPage({ api }: { api: Api }) {
  useEffect(() => {
    document.title = words.appName;
  }, []);
  return (
    <main className="page sign-in-page">
      <img src="/favicon.svg" alt="" width="64" height="64" />
      <h1>{words.appName}</h1>
      <p className="soft">{words.tagline}</p>
      <SignInForm api={api} />
    </main>
  );
}
