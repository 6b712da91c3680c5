// How long to wait before the next try. Pure: the dice (0 to 1) come in.

const FIRST_CEILING = 500;
const LOWEST_CEILING = 2_000;
export const LONGEST_WAIT = 20_000;

/**
 * Full jitter: anything up to a ceiling that doubles with each attempt (1, 2, ...).
 *
 * The ceiling is never under 2 s: when a server drops everybody at once, a smaller one would bring them back
 * in a crowd. It is no higher either for the first three tries, so that a short outage ends soon.
 */
export function fullJitter(attempt: number, dice: number): number {
  const doubled = FIRST_CEILING * 2 ** (attempt - 1);
  return dice * Math.min(LONGEST_WAIT, Math.max(LOWEST_CEILING, doubled));
}

/** A time that the server named, spread upwards by up to a half. */
export function spread(wait: number, dice: number): number {
  return wait * (1 + dice / 2);
}
