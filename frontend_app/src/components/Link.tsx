// A link inside the app: an ordinary link, but a plain click does not load the page anew.

import type { AnchorHTMLAttributes, MouseEvent } from 'react';
import { navigate } from '../lib/navigation';

type Props = AnchorHTMLAttributes<HTMLAnchorElement> & {
  href: string;
  /** After a plain click. */
  onNavigate?: () => void;
};

export function Link({ href, onNavigate, children, ...rest }: Props) {
  const onClick = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
      return;
    event.preventDefault();
    navigate(href);
    onNavigate?.();
  };
  return (
    <a href={href} onClick={onClick} {...rest}>
      {children}
    </a>
  );
}
