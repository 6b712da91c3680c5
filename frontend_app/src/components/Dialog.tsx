// A dialog over the page, with its title and a way out. The browser keeps the focus in it and brings it back afterwards.

import { type ReactNode, useEffect, useId, useRef } from 'react';
import { seldomWords } from '../words-seldom';

interface Props {
  title: string;
  onClose: () => void;
  children: ReactNode;
}

export function Dialog({ title, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby={id} onClose={onClose}>
      <h2 id={id}>{title}</h2>
      {children}
      <form method="dialog">
        <button type="submit" className="secondary">
          {seldomWords.close}
        </button>
      </form>
    </dialog>
  );
}
