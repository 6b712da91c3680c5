// Whether an element has been scrolled out of the window.

import { type RefObject, useEffect, useState } from 'react';

export function useOutOfView(element: RefObject<Element | null>): boolean {
  const [isAway, setAway] = useState(false);
  useEffect(() => {
    if (!element.current) return;
    const observer = new IntersectionObserver(entries =>
      setAway(entries.at(-1)?.isIntersecting === false),
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return isAway;
}
