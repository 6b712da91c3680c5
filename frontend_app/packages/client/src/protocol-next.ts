// Parts of the contract that the server's published schema does not have yet: as the contract words them. What the
// schema has is in protocol.generated.ts, and leaves this file. Values of these parts are not checked, but `presence`.

/** Somebody who is on the recipe, at any server. */
export interface Person {
  id: string;
  name: string;
  role: string;
  typing: boolean;
}

/** Who is on the recipe: the first 50 of them, and how many there are. */
export interface Presence {
  people: Person[];
  count: number;
}

/** A part of the recipe that a message changed. */
export interface RecipeChange {
  op: 'added' | 'changed' | 'removed' | 'moved' | (string & {});
  what: 'ingredient' | 'step' | 'title' | 'servings' | 'tag' | 'description' | (string & {});
  /** Of an ingredient or a step. */
  id?: string | null;
}

/** A timer that everybody sees: one that runs, or ended less than an hour ago and nobody stopped. */
export interface Timer {
  id: string;
  label: string;
  /** RFC 3339, UTC. */
  ends_at: string;
  /** Who started it. */
  by: string;
}

export interface NextOfMessage {
  /** At most 3 texts that would work, word for word; for the author only. */
  suggestions?: string[] | null;
  changes?: RecipeChange[] | null;
}

export interface NextOfRecipe {
  timers?: Timer[] | null;
}

export type NextServerFrame = {
  type: 'presence';
  id: string;
  timestamp: string;
  payload: Presence;
};

export type NextClientFrame = {
  type: 'typing';
  id?: string | null;
  timestamp?: string | null;
  payload: Record<string, unknown>;
};

/** As in protocol.generated.ts. */
export const NEXT_SHAPES = {
  presence: {
    id: '',
    timestamp: '',
    payload: { people: [{ id: '', name: '', role: '', typing: false }], count: 0 },
  },
} as const;
