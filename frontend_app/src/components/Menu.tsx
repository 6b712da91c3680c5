// A menu that opens below its button: closed with Escape and a click elsewhere, walked through with the arrow keys.

import { type KeyboardEvent, type ReactNode, type RefObject, useEffect, useRef } from 'react';
import { Icon } from './Icon';

interface Props {
  label: string;
  icon?: ReactNode;
  onOpen?: () => void;
  children: ReactNode;
}

export function Menu({ label, icon, onOpen, children }: Props) {
  const details = useRef<HTMLDetailsElement>(null);
  useClosing(details);
  return (
    <details className="menu" ref={details} onToggle={onOpen} onKeyDown={moveFocus}>
      <summary>
        <span className="visually-hidden">{label}</span>
        {icon ?? <Icon name="more" />}
      </summary>
      <div className="menu-items">{children}</div>
    </details>
  );
}

function useClosing(details: RefObject<HTMLDetailsElement | null>): void {
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

/** Closes the menu around an item, and moves the focus to its button, where it returns after the dialog. */
export function closeMenu(item: Element): void {
  const menu = item.closest('details');
  menu?.querySelector('summary')?.focus();
  menu?.removeAttribute('open');
}
