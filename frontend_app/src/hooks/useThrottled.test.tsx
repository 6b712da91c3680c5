// @vitest-environment happy-dom
// A value that changes all the time is shown a few times a second; an urgent change, at once.
import { act, renderHook } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { useThrottled } from './useThrottled';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const isOwn = (_: string, next: string) => next.startsWith('mine');

function setUp() {
  const { result, rerender, unmount } = renderHook(value => useThrottled(value, isOwn), {
    initialProps: 'start',
  });
  return { shown: () => result.current, change: rerender, unmount };
}

const pass = (ms: number) => act(() => vi.advanceTimersByTime(ms));

it('a first change is shown at once, and so is one after the interval', () => {
  const { shown, change } = setUp();
  change('one');
  expect(shown()).toBe('one');
  pass(100);
  change('two');
  expect(shown()).toBe('two');
});

it('a hundred changes in a second are shown ten times, and the last one always', () => {
  const { shown, change } = setUp();
  const seen = new Set<string>();
  for (let n = 1; n <= 100; n += 1) {
    change(`change ${n}`);
    seen.add(shown());
    pass(10);
  }
  pass(100);
  expect(shown()).toBe('change 100');
  expect(seen.size).toBeGreaterThanOrEqual(8);
  expect(seen.size).toBeLessThanOrEqual(11);
});

it('an urgent change is shown at once', () => {
  const { shown, change } = setUp();
  change('one');
  change('two');
  expect(shown()).toBe('one');
  change('mine');
  expect(shown()).toBe('mine');
});

it('leaves no timer behind', () => {
  const { change, unmount } = setUp();
  change('one');
  change('two');
  unmount();
  expect(vi.getTimerCount()).toBe(0);
});
