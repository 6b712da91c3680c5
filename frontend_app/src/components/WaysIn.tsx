// The ways in for somebody who is not signed in: as a guest at once, or with an account, whose form opens on request.

import { useState } from 'react';
import { useTask } from '../hooks/useTask';
import type { Api } from '../lib/api';
import { texts } from '../texts';
import { lazyComponent } from './lazy';

const labels = texts.signIn;

export const SignInForm = lazyComponent(() => import('./SignInForm'));

export function WaysIn({ api, onSignedIn }: { api: Api; onSignedIn?: () => void }) {
  const task = useTask({ 0: labels.unreachable, 429: labels.tooMany });
  // Whoever comes back from an identity provider: the form goes on from there.
  const [isOpen, setOpen] = useState(!!location.hash);
  const asGuest = async () => {
    if (await task.run(() => api.guest())) onSignedIn?.();
  };
  return (
    <div className="ways-in">
      <button
        type="button"
        className={isOpen ? 'secondary' : 'primary'}
        disabled={task.isRunning}
        onClick={() => void asGuest()}
      >
        {labels.guest}
      </button>
      {!isOpen && (
        <button type="button" className="secondary" onClick={() => setOpen(true)}>
          {labels.signIn}
        </button>
      )}
      <p className="soft meta">{labels.guestHint}</p>
      <p role="alert" className="problem">
        {task.problem}
      </p>
      {isOpen && <SignInForm api={api} isOnRequest onSignedIn={onSignedIn} />}
    </div>
  );
}
