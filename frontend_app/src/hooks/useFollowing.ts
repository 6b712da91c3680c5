// Keeps a scrolling list at its end while the reader is there, and counts what arrives while the reader is not.

import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from 'react';

const NEAR = 48;

export interface Following {
  isFollowing: boolean;
  /** The newest revision when the reader left the end; null while following from the start. */
  seen: number | null;
  onScroll: () => void;
  goToEnd: () => void;
}

export function useFollowing(
  list: RefObject<HTMLElement | null>,
  newest: number,
  content: unknown,
): Following {
  const [isFollowing, setFollowing] = useState(true);
  const [seen, setSeen] = useState<number | null>(null);
  const following = useRef(true);
  const height = useRef(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: new content is what moves the end
  useLayoutEffect(() => {
    const element = list.current;
    if (element && following.current) element.scrollTop = element.scrollHeight;
  }, [list, content]);

  // A banner above or a keyboard below takes room: the end stays in sight.
  useLayoutEffect(() => {
    const element = list.current;
    if (!element) return;
    height.current = element.clientHeight;
    const observer = new ResizeObserver(() => {
      height.current = element.clientHeight;
      if (following.current) element.scrollTop = element.scrollHeight;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [list]);

  const onScroll = useCallback(() => {
    const element = list.current;
    // A list that has just lost room is far from its end without the reader's doing; the observer comes next.
    if (!element || element.clientHeight !== height.current) return;
    const near = element.scrollHeight - element.scrollTop - element.clientHeight <= NEAR;
    if (near === following.current) return;
    following.current = near;
    setFollowing(near);
    if (!near) setSeen(newest);
  }, [list, newest]);

  const goToEnd = useCallback(() => {
    following.current = true;
    setFollowing(true);
    const element = list.current;
    if (element) element.scrollTop = element.scrollHeight;
  }, [list]);

  return { isFollowing, seen, onScroll, goToEnd };
}
