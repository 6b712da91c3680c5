// The menu of a page: what the page adds, the account, the theme, and the sign-out.

import type { User } from '@recipe-chat/client';
import { countUnsent } from '@recipe-chat/client/indexed-db';
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import type { Api } from '../lib/api';
import { isGuest } from '../lib/guests';
import { navigate } from '../lib/navigation';
import { currentTheme, nextTheme } from '../lib/theme';
import { texts } from '../texts';
import { Icon } from './Icon';
import { Link } from './Link';
import { lazyComponent } from './lazy';

const SignOutDialog = lazyComponent(() => import('./SignOutDialog'));

interface Props {
  api: Api;
  user: User;
  /** More items, mounted when the menu is opened for the first time. */
  children?: ReactNode;
}

export function AppMenu({ api, user, children }: Props) {
  const [wasOpened, setWasOpened] = useState(false);
  const [theme, setTheme] = useState(currentTheme);
  /** How many messages a sign-out would lose, while the person is asked. */
  const [unsent, setUnsent] = useState<number | null>(null);
  const details = useRef<HTMLDetailsElement>(null);
  useClosing(details);
  const signOut = async () => {
    const count = await countUnsent();
    if (count > 0 || isGuest(user)) return setUnsent(count);
    await api.signOut();
    navigate('/');
  };
  return (
    <>
      <details
        className="menu"
        ref={details}
        onToggle={() => setWasOpened(true)}
        onKeyDown={moveFocus}
      >
        <summary>
          <span className="visually-hidden">{texts.menu}</span>
          <Icon name="more" />
        </summary>
        <div className="menu-items">
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
        </div>
      </details>
      {unsent !== null && (
        <SignOutDialog api={api} user={user} unsent={unsent} onClose={() => setUnsent(null)} />
      )}
    </>
  );
}

/** The menu closes with Escape, and with a click outside of it. */
function useClosing(details: React.RefObject<HTMLDetailsElement | null>): void {
  useEffect(() => {
    const close = (event: Event) => {
      const menu = details.current;
      const outside = !(event.target instanceof Node && menu?.contains(event.target));
      const escaped = event instanceof globalThis.KeyboardEvent && event.key === 'Escape';
      if (!menu?.open || !(escaped || (event.type === 'click' && outside))) return;
      menu.open = false;
      if (escaped) menu.querySelector('summary')?.focus();
    };
    document.addEventListener('click', close);
    document.addEventListener('keydown', close);
    return () => {
      document.removeEventListener('click', close);
      document.removeEventListener('keydown', close);
    };
  }, [details]);
}

/** Arrow keys go from item to item, and open the menu. */
function moveFocus(event: KeyboardEvent<HTMLDetailsElement>): void {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (by === undefined) return;
  event.preventDefault();
  const menu = event.currentTarget;
  menu.open = true;
  const items = [...menu.querySelectorAll<HTMLElement>('.menu-items :is(button, a)')];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const next = at < 0 ? (by > 0 ? 0 : items.length - 1) : (at + by + items.length) % items.length;
  items[next]?.focus();
}
