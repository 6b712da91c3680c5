// Shows earlier messages, those that are loaded and then those that have to be fetched, and later ones again, without
// moving what the reader looks at.

import { type RefObject, useState } from 'react';
import { type MessageWindow, PAGE_SIZE } from './useMessageWindow';
import { useScrollAnchor } from './useScrollAnchor';

export interface EarlierMessages {
  exist: boolean;
  state: 'idle' | 'loading' | 'failed';
  show: () => void;
  showLater: () => void;
  onScroll: () => void;
}

export function useEarlierMessages(
  list: RefObject<HTMLElement | null>,
  messageWindow: MessageWindow,
  fetchOlder: (() => Promise<number>) | undefined,
): EarlierMessages {
  const { shown, before } = messageWindow;
  const [state, setState] = useState<EarlierMessages['state']>('idle');
  const { hold, release, onScroll } = useScrollAnchor(list, shown[0]?.revision);

  const fetch = async () => {
    if (state === 'loading' || !fetchOlder) return;
    setState('loading');
    try {
      const count = await fetchOlder();
      if (count === 0) release();
      messageWindow.showEarlier(count);
      setState('idle');
    } catch {
      release();
      setState('failed');
    }
  };
  const begin = () => {
    // The button may disappear; the focus, of a reader who uses the keyboard perhaps, stays in the list.
    list.current?.focus({ preventScroll: true });
    hold();
  };
  const show = () => {
    begin();
    if (before > 0) messageWindow.showEarlier(Math.min(PAGE_SIZE, before));
    else void fetch();
  };
  const showLater = () => {
    begin();
    messageWindow.showLater();
  };
  const exist = before > 0 || fetchOlder !== undefined;
  return { exist, state, show, showLater, onScroll };
}
