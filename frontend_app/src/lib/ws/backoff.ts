// How long to wait before the next try. Pure: the dice (0 to 1) come in.

const HALF_A_SECOND = 500;
export const LONGEST_WAIT = 20_000;

/**
 * Full jitter: anything up to a ceiling that doubles with each attempt (1, 2, ...).
 *
 * The first ceiling is 2 s: when a server drops everybody at once, a smaller one would bring them back in a crowd.
 */
export function fullJitter(attempt: number, dice: number): number {
  return dice * Math.min(LONGEST_WAIT, HALF_A_SECOND * 2 ** Math.min(attempt + 1, 16));
}

/** A time that the server named, spread upwards by up to a half. */
export function spread(wait: number, dice: number): number {
  return wait * (1 + dice / 2);
}
