// How busy this machine is: what is measured on it takes longer while others work too, and no test may depend on a quiet
// one.
import { cpus, loadavg } from 'node:os';

/** How many processes want each processor, at least one. */
export function crowd(): number {
  return Math.max(1, (loadavg()[0] ?? 0) / cpus().length);
}

/** The shortest of up to three tries, in ms: other work only adds. No further ones once it is within the limit. */
export async function bestOfThree(limit: number, measure: () => Promise<number>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 3 && best > limit; tries += 1) best = Math.min(best, await measure());
  return best;
}
