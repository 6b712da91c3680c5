// The result of one decision: the new state and what is to be done.

import type { Effect, State } from './state';

export type Step = { readonly state: State; readonly effects: readonly Effect[] };

export function step(state: State, ...effects: Effect[]): Step {
  return { state, effects };
}

/** Goes on with another decision. (A module that exports a `then` would look like a promise to `import()`.) */
export function andThen(first: Step, next: (state: State) => Step): Step {
  const second = next(first.state);
  return { state: second.state, effects: [...first.effects, ...second.effects] };
}
