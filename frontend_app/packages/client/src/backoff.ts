// How long to wait before the next attempt. Pure: the random number (0 to 1) is an argument.

const INITIAL_CEILING = 250;
const MIN_CEILING = 2_000;
export const MAX_BACKOFF = 20_000;

/**
 * Full jitter: anything up to a ceiling that doubles with each attempt (1, 2, ...).
 *
 * The ceiling is never under 2 s: when a server drops all clients at once, a smaller one would bring them back
 * together. It is no higher either for the first three attempts, so that a short outage ends soon.
 */
export function fullJitter(attempt: number, random: number): number {
  return random * Math.min(MAX_BACKOFF, Math.max(MIN_CEILING, INITIAL_CEILING * 2 ** attempt));
}

/** A delay that the server named, made longer by up to a half. */
export function spread(delay: number, random: number): number {
  return delay * (1 + random / 2);
}
