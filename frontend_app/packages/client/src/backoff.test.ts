// A server that drops all clients at once must not get all of them back at once.
import { describe, expect, it } from 'vitest';
import { setUpLive } from '../test/fake-environment.ts';
import { fullJitter, spread } from './backoff.ts';

/** A small generator with a seed (mulberry32), so that the simulation is the same every time. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('1,000 clients that are dropped at once', () => {
  it.each([1006, 1012, 1013])('with %i connect again evenly spread', async code => {
    const nextRandom = seededRandom(code);
    const starts: number[] = [];
    for (let client = 0; client < 1_000; client += 1) {
      const { env, manager } = await setUpLive();
      env.random = nextRandom();
      const dropped = env.time;
      env.socket.drop(code);
      starts.push((manager.getSnapshot().retryAt ?? 0) - dropped);
      manager.disconnect();
    }
    starts.sort((a, b) => a - b);
    const buckets = Map.groupBy ? Map.groupBy(starts, at => Math.floor(at / 100)) : groups(starts);
    const fullest = Math.max(...[...buckets.values()].map(({ length }) => length));
    expect(fullest, 'in 100 ms').toBeLessThanOrEqual(100);
    const distance = Math.max(
      ...starts.map((at, index) => Math.abs((index + 1) / 1_000 - at / 2_000)),
    );
    expect(distance, 'Kolmogorov-Smirnov, 5 %').toBeLessThan(1.358 / Math.sqrt(1_000));
  });
});

function groups(starts: number[]): Map<number, number[]> {
  const found = new Map<number, number[]>();
  for (const at of starts) {
    const bucket = Math.floor(at / 100);
    found.set(bucket, [...(found.get(bucket) ?? []), at]);
  }
  return found;
}

describe('delays', () => {
  it('grow with the attempts, up to 20 seconds', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 50].map(attempt => fullJitter(attempt, 1))).toEqual([
      2_000, 2_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000,
    ]);
    expect(fullJitter(3, 0)).toBe(0);
  });

  it('that the server names are made longer by up to a half, never shorter', () => {
    expect(spread(1_000, 0)).toBe(1_000);
    expect(spread(1_000, 1)).toBe(1_500);
  });
});
