// The current time in components: none of them runs a timer while nothing depends on it.

import { useEffect, useState } from 'react';

/** The time, read again every `interval` ms; never again when that is null. */
export function useNow(interval: number | null): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (interval === null) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), interval);
    return () => clearInterval(timer);
  }, [interval]);
  return now;
}

/** Whether `since` is at least `delay` ms ago; renders again exactly when that becomes true. */
export function useElapsed(since: number | null, delay: number): boolean {
  const [elapsed, setElapsed] = useState<number | null>(null);
  useEffect(() => {
    if (since === null) return;
    const timer = setTimeout(() => setElapsed(since), Math.max(0, since + delay - Date.now()));
    return () => clearTimeout(timer);
  }, [since, delay]);
  return since !== null && elapsed === since;
}
