// A dialog over the page, with a title and a button that closes it. The browser keeps the focus in it, and restores it
// afterwards.

import { type ReactNode, useEffect, useId, useRef } from 'react';
import { lazyTexts } from '../texts-lazy';
import { Icon } from './Icon';

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
      <div className="dialog-head">
        <h2 id={id}>{title}</h2>
        <button
          type="button"
          className="icon-button"
          aria-label={lazyTexts.close}
          onClick={() => dialog.current?.close()}
        >
          <Icon name="close" />
        </button>
      </div>
      {children}
    </dialog>
  );
}

/** The browser puts the focus back to where it was; `onClose` is called then. */
export function closeDialog(): void {
  document.querySelector<HTMLDialogElement>('dialog.dialog[open]')?.close();
}
