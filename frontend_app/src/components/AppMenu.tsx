// The menu of a page: colours, sign-out, and the items that the page adds.

import type { User } from '@recipe-chat/client';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { Api } from '../lib/api';
import { currentTheme, nextTheme } from '../lib/theme';
import { texts } from '../texts';

interface Props {
  api: Api;
  user: User;
  /** More items, mounted when the menu is opened for the first time. */
  children?: ReactNode;
}

export function AppMenu({ api, user, children }: Props) {
  const [wasOpened, setWasOpened] = useState(false);
  const [theme, setTheme] = useState(currentTheme);
  const details = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const closeOutside = (event: Event) => {
      const menu = details.current;
      const outside = !(event.target instanceof Node && menu?.contains(event.target));
      const escaped = event instanceof KeyboardEvent && event.key === 'Escape';
      if (!menu?.open || !(escaped || (event.type === 'click' && outside))) return;
      menu.open = false;
      if (escaped) menu.querySelector('summary')?.focus();
    };
    document.addEventListener('click', closeOutside);
    document.addEventListener('keydown', closeOutside);
    return () => {
      document.removeEventListener('click', closeOutside);
      document.removeEventListener('keydown', closeOutside);
    };
  }, []);
  return (
    <details className="menu" ref={details} onToggle={() => setWasOpened(true)}>
      <summary>
        <span className="visually-hidden">{texts.menu}</span>
        <span aria-hidden="true">⋯</span>
      </summary>
      <div className="menu-items">
        <p className="soft menu-name">{user.name}</p>
        {wasOpened && children}
        <button type="button" onClick={() => setTheme(nextTheme(theme))}>
          {texts.theme.label}: {texts.theme[theme]}
        </button>
        <button type="button" onClick={() => void api.signOut()}>
          {texts.signOut}
        </button>
      </div>
    </details>
  );
}
