// Parts of the contract that the server's published schema does not have yet: as the contract words them. What the
// schema has is in protocol.generated.ts, and leaves this file.

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
