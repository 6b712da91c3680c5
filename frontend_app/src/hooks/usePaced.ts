// A value that may change faster than anybody can read, as often as is worth the work of showing it.

import { useLayoutEffect, useRef, useState } from 'react';

const PACE = 100;

/** The value at once when the last change is a while ago, or `isUrgent`; else soon, with what has come by then. */
export function usePaced<T>(value: T, isUrgent: (shown: T, next: T) => boolean): T {
  const [shown, setShown] = useState(value);
  const shownAt = useRef(Number.NEGATIVE_INFINITY);
  useLayoutEffect(() => {
    if (value === shown) return;
    const show = () => {
      shownAt.current = performance.now();
      setShown(value);
    };
    const wait = isUrgent(shown, value) ? 0 : shownAt.current + PACE - performance.now();
    if (wait <= 0) return show();
    const timer = setTimeout(show, wait);
    return () => clearTimeout(timer);
  }, [value, shown, isUrgent]);
  return shown;
}
