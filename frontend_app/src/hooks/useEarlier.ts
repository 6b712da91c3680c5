// Goes back in the conversation, through what is at hand and then through what has to be fetched, and forth again,
// without moving what the reader looks at.

import { type RefObject, useState } from 'react';
import { useKeptPlace } from './useKeptPlace';
import { PAGE, type Rows } from './useRows';

export interface Earlier {
  exist: boolean;
  state: 'idle' | 'loading' | 'failed';
  show: () => void;
  showLater: () => void;
  onScroll: () => void;
}

export function useEarlier(
  list: RefObject<HTMLElement | null>,
  { shown, before, goBack, goForth }: Rows,
  fetchOlder: (() => Promise<number>) | undefined,
): Earlier {
  const [state, setState] = useState<Earlier['state']>('idle');
  const { hold, release, follow } = useKeptPlace(list, shown[0]?.revision);

  const fetch = async () => {
    if (state === 'loading' || !fetchOlder) return;
    setState('loading');
    try {
      const count = await fetchOlder();
      if (count === 0) release();
      goBack(count);
      setState('idle');
    } catch {
      release();
      setState('failed');
    }
  };
  const begin = () => {
    // The button may go; the reader, who is at the keyboard perhaps, stays in the list.
    list.current?.focus({ preventScroll: true });
    hold();
  };
  const show = () => {
    begin();
    if (before > 0) goBack(Math.min(PAGE, before));
    else void fetch();
  };
  const showLater = () => {
    begin();
    goForth();
  };
  const exist = before > 0 || fetchOlder !== undefined;
  return { exist, state, show, showLater, onScroll: follow };
}
