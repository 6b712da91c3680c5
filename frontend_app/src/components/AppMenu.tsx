// The menu of a page: what the page adds, the account, the theme, and the sign-out.

import type { User } from '@recipe-chat/client';
import { countUnsent } from '@recipe-chat/client/indexed-db';
import { type ReactNode, useState } from 'react';
import type { Api } from '../lib/api';
import { isGuest } from '../lib/guests';
import { currentTheme, nextTheme } from '../lib/theme';
import { texts } from '../texts';
import { Link } from './Link';
import { lazyComponent } from './lazy';
import { Menu } from './Menu';

const SignOutDialog = lazyComponent(() => import('./SignOutDialog'));

interface Props {
  api: Api;
  user: User;
  /** What stands for the menu in place of the three dots. */
  icon?: ReactNode;
  /** More items, mounted when the menu is opened for the first time. */
  children?: ReactNode;
}

export function AppMenu({ api, user, icon, children }: Props) {
  const [wasOpened, setWasOpened] = useState(false);
  const [theme, setTheme] = useState(currentTheme);
  /** How many messages a sign-out would lose, while the person is asked. */
  const [unsent, setUnsent] = useState<number | null>(null);
  const signOut = async () => {
    const count = await countUnsent();
    if (count > 0 || isGuest(user)) return setUnsent(count);
    await api.signOut();
  };
  return (
    <>
      <Menu label={texts.menu} icon={icon} onOpen={() => setWasOpened(true)}>
        <p className="soft menu-name meta">{user.name}</p>
        {wasOpened && children}
        <Link href="/account" className="button">
          {isGuest(user) ? texts.keepAccount : texts.account}
        </Link>
        <button type="button" onClick={() => setTheme(nextTheme(theme))}>
          {texts.theme.label}: {texts.theme[theme]}
        </button>
        <button type="button" onClick={() => void signOut()}>
          {texts.signOut}
        </button>
      </Menu>
      {unsent !== null && (
        <SignOutDialog api={api} user={user} unsent={unsent} onClose={() => setUnsent(null)} />
      )}
    </>
  );
}
