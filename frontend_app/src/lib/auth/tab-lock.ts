// Lets one tab of this browser run a task while the others wait. A tab that froze while it holds the lock must not stop
// the others: after a timeout they queue at a second lock, and at last run without one.

const LOCK_TIMEOUT = 5_000;

/** The task is told whether another tab had the lock before, and so may have done it already. */
type Task<T> = (hadToWait: boolean) => Promise<T>;

export async function withTabLock<T>(name: string, task: Task<T>): Promise<T> {
  const { locks } = navigator;
  let running: Promise<T> | undefined;
  for (const round of locks ? [0, 1, 2] : []) {
    const options =
      round > 0 ? { signal: AbortSignal.timeout(LOCK_TIMEOUT) } : { ifAvailable: true };
    const run = (lock: Lock | null) => {
      if (lock) running = task(round > 0);
      return running;
    };
    // An error of the task itself is in `running`; any other means that waiting for the lock timed out.
    await locks.request(round > 1 ? `${name}:second` : name, options, run).catch(() => {});
    if (running) return running;
  }
  return task(!!locks);
}
