// Lets one tab of this browser do a piece of work while the others wait.
// A tab that froze with the lock in hand must not stop the rest: after a while they queue at a second
// lock, and at last go without.

const PATIENCE = 5_000;

export async function oneAtATime<T>(name: string, work: () => Promise<T>): Promise<T> {
  const locks = globalThis.navigator?.locks;
  if (!locks) return work();
  for (const lock of [name, `${name}:second`]) {
    const patience = AbortSignal.timeout(PATIENCE);
    let started = false;
    const begin = () => {
      started = true;
      return work();
    };
    try {
      return (await locks.request(lock, { signal: patience }, begin)) as T;
    } catch (error) {
      if (started || !patience.aborted) throw error;
    }
  }
  return work();
}
