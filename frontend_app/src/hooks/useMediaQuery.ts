// Whether a media query matches, as React state. Print is a medium of its own: a query for screens says so.

import { useCallback, useSyncExternalStore } from 'react';

export const PHONE = 'screen and (max-width: 800px)';

export function useMediaQuery(query: string): boolean {
  const subscribe = useCallback(
    (listener: () => void) => {
      const list = matchMedia(query);
      list.addEventListener('change', listener);
      return () => list.removeEventListener('change', listener);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches);
}
