// Keeps what the reader looks at in its place while rows come and go before it.
// The browser's own scroll anchoring does not work at the very top, where older messages are asked for, and not in
// every browser; while a place is held it is switched off, so that no change is made up for twice.

import { type RefObject, useCallback, useLayoutEffect, useRef } from 'react';

/** Frames until the heights of new rows are known. */
const SETTLING = 6;

/**
 * A row, where its end is to be, and the scroll position that this goes with. Its end: the name at its head goes
 * when the row before turns out to be the same person's.
 */
type Place = { key: string; bottom: number; scrolled: number };

/** `hold` remembers the first row in sight; its place is kept over the next change of `firstKey`, the first row of all. */
export function useKeptPlace(list: RefObject<HTMLElement | null>, firstKey: unknown) {
  const held = useRef<Place | null>(null);

  const hold = useCallback(() => {
    const element = list.current;
    if (!element) return;
    held.current = placeIn(element);
    element.style.overflowAnchor = 'none';
  }, [list]);

  const release = useCallback(() => {
    held.current = null;
    if (list.current) list.current.style.overflowAnchor = '';
  }, [list]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another first row is what moves the others
  useLayoutEffect(() => {
    const element = list.current;
    if (!element || !held.current) return;
    const restore = () => held.current && putBack(element, held.current);
    restore();
    // Rows that come near get their real height only then, a few with each frame.
    const observer = new ResizeObserver(restore);
    for (const row of element.querySelectorAll('[data-key]')) observer.observe(row);
    const stop = afterFrames(SETTLING, release);
    return () => {
      stop();
      observer.disconnect();
    };
  }, [list, firstKey, release]);

  /** To be called while the list scrolls: what the reader scrolls, the held place moves along. */
  const follow = useCallback(() => {
    const place = held.current;
    if (!place || !list.current) return;
    place.bottom -= list.current.scrollTop - place.scrolled;
    place.scrolled = list.current.scrollTop;
  }, [list]);

  return { hold, release, follow };
}

/** Calls back after some painted frames, unless stopped before. */
function afterFrames(count: number, run: () => void): () => void {
  let frame = requestAnimationFrame(function next() {
    count -= 1;
    if (count === 0) run();
    else frame = requestAnimationFrame(next);
  });
  return () => cancelAnimationFrame(frame);
}

function putBack(list: HTMLElement, place: Place): void {
  const row = list.querySelector(`[data-key="${CSS.escape(place.key)}"]`);
  if (row) list.scrollTop += row.getBoundingClientRect().bottom - place.bottom;
  place.scrolled = list.scrollTop;
}

function placeIn(list: HTMLElement): Place | null {
  const { top } = list.getBoundingClientRect();
  for (const row of list.querySelectorAll<HTMLElement>('[data-key]')) {
    const box = row.getBoundingClientRect();
    const key = row.dataset['key'] ?? '';
    if (box.bottom > top) return { key, bottom: box.bottom, scrolled: list.scrollTop };
  }
  return null;
}
