// Up to which revision a person has seen a recipe in this browser. A sign-out removes it.

import { KEPT } from './api';

const keyOf = (recipe: string) => `${KEPT}seen:${recipe}`;

/** `recipe` names the person and the recipe. Infinity on the first visit: nothing is news then. */
export function readLastVisit(recipe: string): number {
  try {
    return Number(localStorage.getItem(keyOf(recipe)) ?? Number.POSITIVE_INFINITY);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

export function saveLastVisit(recipe: string, revision: number): void {
  try {
    localStorage.setItem(keyOf(recipe), String(revision));
  } catch {
    // Without storage every visit is the first.
  }
}
