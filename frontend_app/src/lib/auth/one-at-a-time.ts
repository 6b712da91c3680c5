// Lets one tab of this browser do a piece of work while the others wait.
// A tab that froze with the lock in hand must not stop the rest: after a while they queue at a second
// lock, and at last go without.

const PATIENCE = 5_000;

/** The work is told whether another tab had the lock before, and so may have done it already. */
type Work<T> = (hadToWait: boolean) => Promise<T>;

export async function oneAtATime<T>(name: string, work: Work<T>): Promise<T> {
  const { locks } = navigator;
  if (!locks) return work(false);
  let started = false;
  const begin = (hadToWait: boolean) => {
    started = true;
    return work(hadToWait);
  };
  const attempts: [string, () => LockOptions][] = [
    [name, () => ({ ifAvailable: true })],
    [name, () => ({ signal: AbortSignal.timeout(PATIENCE) })],
    [`${name}:second`, () => ({ signal: AbortSignal.timeout(PATIENCE) })],
  ];
  for (const [place, [lock, options]] of attempts.entries()) {
    try {
      const done = await locks.request(lock, options(), held => held && begin(place > 0));
      if (started) return done as T;
    } catch (error) {
      if (started) throw error;
    }
  }
  return work(true);
}
