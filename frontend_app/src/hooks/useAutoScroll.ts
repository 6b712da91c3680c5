// Keeps a scrolling list at its end while the reader is there, and counts what arrives while the reader is not.

import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from 'react';

/** The list counts as scrolled to its end within this distance, in pixels. */
const END_TOLERANCE = 48;

export interface AutoScroll {
  isAtEnd: boolean;
  /** The newest revision when the reader left the end; null as long as that did not happen. */
  seen: number | null;
  onScroll: () => void;
  scrollToEnd: () => void;
}

export function useAutoScroll(
  list: RefObject<HTMLElement | null>,
  newest: number,
  content: unknown,
): AutoScroll {
  const [isAtEnd, setAtEnd] = useState(true);
  const [seen, setSeen] = useState<number | null>(null);
  /** As `isAtEnd`, for callbacks. */
  const atEnd = useRef(true);
  const height = useRef(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: new content is what moves the end
  useLayoutEffect(() => {
    const element = list.current;
    if (element && atEnd.current) element.scrollTop = element.scrollHeight;
  }, [list, content]);

  // A banner above or a keyboard below takes room: the end stays visible.
  useLayoutEffect(() => {
    const element = list.current;
    if (!element) return;
    height.current = element.clientHeight;
    const observer = new ResizeObserver(() => {
      height.current = element.clientHeight;
      if (atEnd.current) element.scrollTop = element.scrollHeight;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [list]);

  const onScroll = useCallback(() => {
    const element = list.current;
    // A list that has just lost room is far from its end without the reader's doing; the observer comes next.
    if (!element || element.clientHeight !== height.current) return;
    const distance = element.scrollHeight - element.scrollTop - element.clientHeight;
    const isNear = distance <= END_TOLERANCE;
    if (isNear === atEnd.current) return;
    atEnd.current = isNear;
    setAtEnd(isNear);
    if (!isNear) setSeen(newest);
  }, [list, newest]);

  const scrollToEnd = useCallback(() => {
    atEnd.current = true;
    setAtEnd(true);
    const element = list.current;
    if (element) element.scrollTop = element.scrollHeight;
  }, [list]);

  return { isAtEnd, seen, onScroll, scrollToEnd };
}
