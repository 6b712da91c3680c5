// What a client is made with. Everything has a default in a page of the server's own origin.

import type { EnvironmentOptions } from './environment.ts';
import type { OutboxMessage } from './outbox.ts';
import type { ServerFrame } from './protocol.ts';
import type { Event, State, Turn } from './state.ts';
import type { GetToken } from './token-source.ts';

/** Keeps unsent messages over a reload; see indexed-db.ts. */
export interface OutboxStore {
  load(recipeId: string): Promise<OutboxMessage[]>;
  save(recipeId: string, before: readonly OutboxMessage[], after: readonly OutboxMessage[]): void;
}

/** Records what happens, for a fault report; see event-log.ts. */
export interface Observer {
  record(event: Event, before: State, after: Turn): void;
  report(state: State): Record<string, unknown>;
}

export interface Options extends EnvironmentOptions {
  /** By default the token that lies in localStorage as `access_token`. */
  getToken?: GetToken | undefined;
  /**
   * Told what `getToken`, the storage, the creation of a socket or a listener threw, and of a frame that breaks the
   * protocol so that the rules cannot follow it. Nothing ends by it.
   */
  onError?: ((error: unknown) => void) | undefined;
  storage?: OutboxStore | undefined;
  /**
   * Reads what the server sends; null for what is none of its frames. By default the parts of a frame are not checked;
   * `readServerFrame` of `@recipe-chat/client/validate` holds each against the protocol's schema.
   */
  readFrame?: ((text: string) => ServerFrame | null) | undefined;
  /** Makes the observer of one connection. */
  observer?: (() => Observer) | undefined;
  /** Attempts in a row without an answer to `auth` before the connection ends; 1 by default. */
  maxAuthAttempts?: number | undefined;
}
