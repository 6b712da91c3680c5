// Keeps the screen awake while a component is shown, in browsers that can.

import { useEffect } from 'react';

export function useWakeLock(): void {
  useEffect(() => {
    let lock: WakeLockSentinel | null = null;
    let isOver = false;
    // A hidden page loses its lock, and asks again when it is shown.
    const request = async () => {
      if (document.hidden || isOver) return;
      lock = (await navigator.wakeLock?.request('screen').catch(() => null)) ?? null;
      if (isOver) await lock?.release();
    };
    void request();
    document.addEventListener('visibilitychange', request);
    return () => {
      isOver = true;
      document.removeEventListener('visibilitychange', request);
      void lock?.release();
    };
  }, []);
}
