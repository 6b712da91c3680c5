// A value that may change faster than is worth showing, at most once per interval.

import { useLayoutEffect, useRef, useState } from 'react';

const MIN_INTERVAL = 100;

/** The value at once when its last change is long enough ago, or `isUrgent`; else the latest one at the next interval. */
export function useThrottled<T>(value: T, isUrgent: (shown: T, next: T) => boolean): T {
  const [shown, setShown] = useState(value);
  const shownAt = useRef(Number.NEGATIVE_INFINITY);
  useLayoutEffect(() => {
    if (value === shown) return;
    const show = () => {
      shownAt.current = performance.now();
      setShown(value);
    };
    const delay = isUrgent(shown, value) ? 0 : shownAt.current + MIN_INTERVAL - performance.now();
    if (delay <= 0) return show();
    const timer = setTimeout(show, delay);
    return () => clearTimeout(timer);
  }, [value, shown, isUrgent]);
  return shown;
}
