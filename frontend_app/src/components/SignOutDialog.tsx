// Asks before a sign-out that would lose something: unsent messages, or a guest's account.

import type { User } from '@recipe-chat/client';
import type { Api } from '../lib/api';
import { isGuest } from '../lib/guests';
import { lazyTexts } from '../texts-lazy';
import { Dialog } from './Dialog';
import { Link } from './Link';

const labels = lazyTexts.signOut;

interface Props {
  api: Api;
  user: User;
  unsent: number;
  onClose: () => void;
}

export default function SignOutDialog({ api, user, unsent, onClose }: Props) {
  return (
    <Dialog title={labels.title} onClose={onClose}>
      {isGuest(user) && <p>{labels.guest}</p>}
      {unsent > 0 && <p>{labels.unsent(unsent)}</p>}
      <p className="row dialog-buttons">
        {isGuest(user) && (
          <Link href="/account" className="button primary" onNavigate={onClose}>
            {labels.keep}
          </Link>
        )}
        <button type="button" className="secondary danger" onClick={() => void api.signOut()}>
          {labels.confirm}
        </button>
      </p>
    </Dialog>
  );
}
