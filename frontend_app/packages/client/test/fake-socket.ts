// A WebSocket whose other end is the test.
import type { Socket } from '../src/environment.ts';
import type { ClientFrame, Recipe, RecipeUpdatePayload } from '../src/protocol.ts';

export class FakeSocket implements Socket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  readonly recipeId: string;
  readonly sent: ClientFrame[] = [];
  /** What the client said when it closed. */
  closed: { code?: number | undefined; reason?: string | undefined } | null = null;
  dropped = false;
  accepted = false;

  constructor(recipeId: string) {
    this.recipeId = recipeId;
  }

  get isLive(): boolean {
    return !this.closed && !this.dropped;
  }

  get last(): ClientFrame | undefined {
    return this.sent.at(-1);
  }

  ofType<T extends ClientFrame['type']>(type: T) {
    return this.sent.filter(
      (frame): frame is Extract<ClientFrame, { type: T }> => frame.type === type,
    );
  }

  send(data: string): void {
    if (!this.isLive) throw new Error('socket is closed');
    this.sent.push(JSON.parse(data));
  }

  close(code?: number, reason?: string): void {
    this.closed ??= { code, reason };
  }

  accept(): void {
    this.accepted = true;
    this.onopen?.();
  }

  say(type: string, payload: unknown, timestamp = '2026-11-22T20:36:02.000Z'): void {
    const id = `server-${Math.random()}`;
    this.sayRaw(JSON.stringify({ type, id, timestamp, payload }));
  }

  sayRaw(data: unknown): void {
    if (this.isLive) this.onmessage?.({ data });
  }

  drop(code = 1006, reason = ''): void {
    if (!this.isLive) return;
    this.dropped = true;
    this.onclose?.({ code, reason });
  }

  /** Answers the last `auth`. */
  welcome(more: Partial<RecipeUpdatePayload> = {}): void {
    const auth = this.ofType('auth').at(-1);
    this.say(
      'recipe_update',
      update({ session: SESSION, ...(auth && { in_reply_to: auth.id }), ...more }),
    );
  }
}

export const SESSION = {
  id: 's-1',
  connection: '0198c0de-7a11-7000-8000-00000000c001',
  user: { id: 'u-ada', name: 'ada' },
  reauth_at: '2026-11-22T20:50:02.000Z',
  expires_at: '2026-11-22T20:51:02.000Z',
};

export function recipeOf(more: Partial<Recipe> = {}): Recipe {
  return { title: 'Pancakes', servings: 4, ingredients: [], steps: [], tags: [], ...more };
}

export function update(more: Partial<RecipeUpdatePayload> = {}): RecipeUpdatePayload {
  return { recipe_id: 'pancakes', revision: 1, recipe: recipeOf(), ...more };
}

export function messageOf(revision: number, more: Record<string, unknown> = {}) {
  return {
    id: `m-${revision}`,
    author: { id: 'u-bob', name: 'bob' },
    content: `message ${revision}`,
    timestamp: '2026-11-22T20:36:02.000Z',
    revision,
    effect: null,
    ...more,
  };
}
