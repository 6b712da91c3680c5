// How busy this machine is: measured times grow while other programs run too, and no test may depend on a quiet machine.
import { cpus, loadavg } from 'node:os';

/** How many processes are ready to run for each processor, at least one: time limits are multiplied by it. */
export function loadFactor(): number {
  return Math.max(1, (loadavg()[0] ?? 0) / cpus().length);
}

/** The shortest of up to three measurements, in ms: other programs only add time. Stops once one is within the limit. */
export async function bestOfThree(limit: number, measure: () => Promise<number>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 3 && best > limit; tries += 1) best = Math.min(best, await measure());
  return best;
}
