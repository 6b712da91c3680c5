// What the rules cannot find out themselves because they are pure: it comes with every event.

export interface Context {
  now: number;
  /** A random number from 0 to 1. */
  random: number;
  newId: string;
  /** The page is not visible. */
  hidden: boolean;
  offline: boolean;
}

/**
 * `resumed`: the network is back, or the page is visible again. `hidden`: the page is not visible any more.
 * `suspended`: the network is gone, or the browser freezes the page.
 */
export type PageChange = 'resumed' | 'hidden' | 'suspended';
