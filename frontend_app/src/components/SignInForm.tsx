// One form for signing in, signing up and going on as a guest.

import type { User } from '@recipe-chat/client';
import { type FormEvent, useId, useState } from 'react';
import { type Api, ApiError, type Credentials } from '../lib/api';
import { isGuest } from '../lib/guests';
import { texts } from '../texts';

interface Props {
  api: Api;
  onSignedIn?: () => void;
  /** The person who signs in again; without a way to sign up as somebody else by accident. */
  knownUser?: User;
  /** To go on as a guest is what most people want here. */
  guestFirst?: boolean;
}

export function SignInForm({ api, onSignedIn, knownUser, guestFirst = false }: Props) {
  const [isNew, setNew] = useState(false);
  const [isShown, setShown] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const id = useId();
  const labels = texts.signIn;

  const attempt = async (signIn: () => Promise<void>) => {
    setBusy(true);
    setProblem('');
    try {
      await signIn();
      onSignedIn?.();
    } catch (error) {
      setProblem(problemText(error));
      setBusy(false);
    }
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const credentials: Credentials = {
      username: String(form.get('username')).trim(),
      password: String(form.get('password')),
    };
    void attempt(() => (isNew ? api.signUp(credentials) : api.signIn(credentials)));
  };

  const asGuest = (knownUser === undefined || isGuest(knownUser)) && (
    <>
      <button
        type="button"
        className={guestFirst ? 'primary' : 'secondary'}
        disabled={busy}
        onClick={() => void attempt(() => api.guest())}
      >
        {labels.guest}
      </button>
      <p className="hint soft meta">{labels.guestHint}</p>
    </>
  );
  return (
    <form className="sign-in-form" onSubmit={submit}>
      {guestFirst && asGuest}
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
        <p id={`${id}-hint`} className="hint">
          {labels.passwordHint}
        </p>
      )}
      <p role="alert" className="problem">
        {problem}
      </p>
      <button type="submit" className={guestFirst ? 'secondary' : 'primary'} disabled={busy}>
        {busy ? labels.busy : isNew ? labels.signUp : labels.signIn}
      </button>
      {knownUser === undefined && (
        <button
          type="button"
          className="quiet"
          onClick={() => {
            setNew(!isNew);
            setProblem('');
          }}
        >
          {isNew ? labels.toSignIn : labels.toSignUp}
        </button>
      )}
      {!guestFirst && asGuest}
    </form>
  );
}

function problemText(error: unknown): string {
  const labels = texts.signIn;
  if (!(error instanceof ApiError) || error.status === 0) return labels.unreachable;
  switch (error.status) {
    case 401:
      return labels.wrong;
    case 409:
      return labels.taken;
    case 422:
      return error.message || labels.unfit;
    case 429:
      return labels.tooMany;
    default:
      return error.message || labels.unreachable;
  }
}
