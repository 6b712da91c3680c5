// One small form for signing in, signing up and going on as a guest.

import { type FormEvent, useId, useState } from 'react';
import { type Api, ApiError, type Credentials } from '../lib/api';
import { words } from '../words';

interface Props {
  api: Api;
  onSignedIn?: () => void;
  /** Signing in again: the name is known and there is no way to become somebody else by accident. */
  again?: string;
}

export function SignInForm({ api, onSignedIn, again }: Props) {
  const [isNew, setNew] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const id = useId();
  const say = words.signIn;

  const attempt = async (enter: () => Promise<void>) => {
    setBusy(true);
    setProblem('');
    try {
      await enter();
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

  return (
    <form className="sign-in-form" onSubmit={submit}>
      <label htmlFor={`${id}-name`}>{say.name}</label>
      <input
        id={`${id}-name`}
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        defaultValue={again}
        required
        maxLength={64}
      />
      <label htmlFor={`${id}-password`}>{say.password}</label>
      <input
        id={`${id}-password`}
        name="password"
        type="password"
        autoComplete={isNew ? 'new-password' : 'current-password'}
        required
        minLength={isNew ? 8 : undefined}
        aria-describedby={isNew ? `${id}-hint` : undefined}
      />
      {isNew && (
        <p id={`${id}-hint`} className="hint">
          {say.passwordHint}
        </p>
      )}
      <p role="alert" className="problem">
        {problem}
      </p>
      <button type="submit" className="primary" disabled={busy}>
        {busy ? say.busy : isNew ? say.signUp : say.signIn}
      </button>
      {again === undefined && (
        <button type="button" className="quiet" onClick={() => setNew(!isNew)}>
          {isNew ? say.toSignIn : say.toSignUp}
        </button>
      )}
      {(again === undefined || isGuest(again)) && (
        <button
          type="button"
          className="secondary"
          disabled={busy}
          onClick={() => void attempt(() => api.guest())}
        >
          {say.guest}
        </button>
      )}
    </form>
  );
}

/** Nobody knows a guest's password: the way back is a new guest. */
const isGuest = (name: string) => name.startsWith('guest-');

function problemText(error: unknown): string {
  const say = words.signIn;
  if (!(error instanceof ApiError) || error.status === 0) return say.unreachable;
  switch (error.status) {
    case 401:
      return say.wrong;
    case 409:
      return say.taken;
    case 422:
      return error.message || say.unfit;
    case 429:
      return say.tooMany;
    default:
      return error.message || say.unreachable;
  }
}
