// Lets one tab of this browser do a piece of work while the others wait.
// A tab that froze with the lock in hand must not stop the rest: after a while they queue at a second
// lock, and at last go without.

const PATIENCE = 5_000;

/** The work is told whether another tab had the lock before, and so may have done it already. */
type Work<T> = (hadToWait: boolean) => Promise<T>;

export async function oneAtATime<T>(name: string, work: Work<T>): Promise<T> {
  const { locks } = navigator;
  let begun: Promise<T> | undefined;
  for (const turn of locks ? [0, 1, 2] : []) {
    const options = turn > 0 ? { signal: AbortSignal.timeout(PATIENCE) } : { ifAvailable: true };
    const begin = (lock: Lock | null) => {
      if (lock) begun = work(turn > 0);
      return begun;
    };
    // What the work itself throws is in `begun`; else the waiting took too long.
    await locks.request(turn > 1 ? `${name}:second` : name, options, begin).catch(() => {});
    if (begun) return begun;
  }
  return work(!!locks);
}
