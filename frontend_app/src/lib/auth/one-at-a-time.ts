// Lets one tab of this browser do a piece of work while the others wait.
// A tab that froze with the lock in hand must not stop the rest: after a while they queue at a second
// lock, and at last go without.

const PATIENCE = 5_000;

/** The work is told whether another tab had the lock before, and so may have done it already. */
type Work<T> = (hadToWait: boolean) => Promise<T>;

export async function oneAtATime<T>(name: string, work: Work<T>): Promise<T> {
  const locks = globalThis.navigator?.locks;
  if (!locks) return work(false);
  let isFree = false;
  const result = await locks.request(name, { ifAvailable: true }, lock => {
    isFree = lock !== null;
    return isFree ? work(false) : undefined;
  });
  if (isFree) return result as T;
  for (const lock of [name, `${name}:second`]) {
    const signal = AbortSignal.timeout(PATIENCE);
    let started = false;
    try {
      return (await locks.request(lock, { signal }, () => {
        started = true;
        return work(true);
      })) as T;
    } catch (error) {
      if (started || !signal.aborted) throw error;
    }
  }
  return work(true);
}
