// One form for signing in and signing up, and for a guest whose session has ended the way on as another. Loaded when it
// is shown.

import type { User } from '@recipe-chat/client';
import { type FormEvent, useEffect, useId, useState } from 'react';
import { useTask } from '../hooks/useTask';
import type { Api, Credentials } from '../lib/api';
import { isGuest } from '../lib/guests';
import { takeOutcome } from '../lib/issuer-sign-in';
import { texts } from '../texts';
import { lazyTexts } from '../texts-lazy';
import { SignInIssuers } from './SignInIssuers';

const labels = { ...texts.signIn, ...lazyTexts.signIn };
const PROBLEMS = {
  0: labels.unreachable,
  401: labels.wrong,
  409: labels.taken,
  429: labels.tooMany,
};

interface Props {
  api: Api;
  onSignedIn?: (() => void) | undefined;
  /** The person who signs in again; without a way to sign up as somebody else by accident. */
  knownUser?: User;
  /** The person has just asked for the form. */
  isOnRequest?: boolean;
}

export default function SignInForm({ api, onSignedIn, knownUser, isOnRequest = false }: Props) {
  const [isNew, setNew] = useState(false);
  const [isShown, setShown] = useState(false);
  const task = useTask(PROBLEMS);
  const id = useId();

  const attempt = async (signIn: () => Promise<void>) => {
    if (await task.run(signIn)) onSignedIn?.();
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the browser has come back
  useEffect(() => {
    const outcome = takeOutcome();
    // The cookie is there, as after every sign-in; the token is not.
    if (outcome === 'done') void attempt(() => api.switchToOther());
    else if (outcome) task.fail(labels.outcomes[outcome] ?? labels.outcomes['failed'] ?? '');
  }, []);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const credentials: Credentials = {
      username: String(form.get('username')).trim(),
      password: String(form.get('password')),
    };
    void attempt(() => (isNew ? api.signUp(credentials) : api.signIn(credentials)));
  };

  return (
    <form className="sign-in-form" onSubmit={submit}>
      <label htmlFor={`${id}-name`}>{labels.name}</label>
      <input
        id={`${id}-name`}
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        defaultValue={knownUser && !isGuest(knownUser) ? knownUser.name : undefined}
        required
        maxLength={64}
        // biome-ignore lint/a11y/noAutofocus: the person has just asked for the form
        autoFocus={isOnRequest}
      />
      <label htmlFor={`${id}-password`}>{labels.password}</label>
      <input
        id={`${id}-password`}
        name="password"
        type={isShown ? 'text' : 'password'}
        autoComplete={isNew ? 'new-password' : 'current-password'}
        required
        minLength={isNew ? 8 : undefined}
        aria-describedby={isNew ? `${id}-hint` : undefined}
      />
      <label className="row show-password">
        <input type="checkbox" checked={isShown} onChange={() => setShown(!isShown)} />
        {labels.show}
      </label>
      {isNew && (
        <p id={`${id}-hint`} className="soft meta">
          {labels.passwordHint}
        </p>
      )}
      <p role="alert" className="problem">
        {task.problem}
      </p>
      <button type="submit" className="primary" disabled={task.isRunning}>
        {task.isRunning ? labels.busy : isNew ? labels.signUp : labels.signIn}
      </button>
      <SignInIssuers api={api} />
      {knownUser === undefined && (
        <button
          type="button"
          className="quiet"
          onClick={() => {
            setNew(!isNew);
            task.fail('');
          }}
        >
          {isNew ? labels.toSignIn : labels.toSignUp}
        </button>
      )}
      {knownUser && isGuest(knownUser) && (
        <>
          <button
            type="button"
            className="secondary"
            disabled={task.isRunning}
            onClick={() => void attempt(() => api.guest())}
          >
            {labels.guest}
          </button>
          <p className="soft meta">{labels.guestHint}</p>
        </>
      )}
    </form>
  );
}
