// Keeps the row that the reader looks at in its place while rows are added and removed before it.
// The browser's own scroll anchoring does not work at the very top, where older messages are asked for, and not in
// every browser; while an anchor is held it is switched off, so that no change is corrected twice.

import { type RefObject, useCallback, useLayoutEffect, useRef } from 'react';

/** Frames until the heights of new rows are known. */
const SETTLE_FRAMES = 6;

/**
 * A row, where its bottom is to stay, and the scroll position that belongs to it. Its bottom and not its top: the name
 * at its top disappears when the row before turns out to be the same person's.
 */
type Anchor = { key: string; bottom: number; scrollTop: number };

/**
 * `hold` remembers the first visible row, which stays in its place over the next change of `firstKey`, the first row of
 * all.
 */
export function useScrollAnchor(list: RefObject<HTMLElement | null>, firstKey: unknown) {
  const held = useRef<Anchor | null>(null);

  const hold = useCallback(() => {
    const element = list.current;
    if (!element) return;
    held.current = anchorIn(element);
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
    const restore = () => held.current && scrollTo(element, held.current);
    restore();
    // Rows near the visible part get their real height only then, a few with each frame.
    const observer = new ResizeObserver(restore);
    for (const row of element.querySelectorAll('[data-key]')) observer.observe(row);
    const cancel = afterFrames(SETTLE_FRAMES, release);
    return () => {
      cancel();
      observer.disconnect();
    };
  }, [list, firstKey, release]);

  /** To be called while the list scrolls: the held anchor moves along with what the reader scrolls. */
  const onScroll = useCallback(() => {
    const anchor = held.current;
    if (!anchor || !list.current) return;
    anchor.bottom -= list.current.scrollTop - anchor.scrollTop;
    anchor.scrollTop = list.current.scrollTop;
  }, [list]);

  return { hold, release, onScroll };
}

/** Calls back after some painted frames, unless cancelled before. */
function afterFrames(count: number, run: () => void): () => void {
  let frame = requestAnimationFrame(function next() {
    count -= 1;
    if (count === 0) run();
    else frame = requestAnimationFrame(next);
  });
  return () => cancelAnimationFrame(frame);
}

function scrollTo(list: HTMLElement, anchor: Anchor): void {
  const row = list.querySelector(`[data-key="${CSS.escape(anchor.key)}"]`);
  if (row) list.scrollTop += row.getBoundingClientRect().bottom - anchor.bottom;
  anchor.scrollTop = list.scrollTop;
}

function anchorIn(list: HTMLElement): Anchor | null {
  const { top } = list.getBoundingClientRect();
  for (const row of list.querySelectorAll<HTMLElement>('[data-key]')) {
    const { bottom } = row.getBoundingClientRect();
    const key = row.dataset['key'] ?? '';
    if (bottom > top) return { key, bottom, scrollTop: list.scrollTop };
  }
  return null;
}
