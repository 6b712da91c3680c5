// What a client is made with. Everything has a default.

import type { Environment } from './environment.ts';
import type { OutboxMessage } from './outbox.ts';
import type { Event, State, Turn } from './state.ts';
import type { TokenSource } from './token-source.ts';

/** Keeps unsent messages over a reload; see outbox-store.ts. */
export interface OutboxStore {
  load(recipeId: string): Promise<OutboxMessage[]>;
  save(recipeId: string, before: readonly OutboxMessage[], after: readonly OutboxMessage[]): void;
}

/** Records what happens, for a fault report; see event-log.ts. */
export interface Observer {
  record(event: Event, before: State, after: Turn): void;
  report(state: State): Record<string, unknown>;
}

export interface Options {
  tokens?: TokenSource;
  store?: OutboxStore;
  environment?: Environment;
  /** Makes the observer of one connection. */
  observer?: () => Observer;
  /** Attempts without an answer to `auth`, or with a broken token source, before the person has to ask for more. */
  maxAuthAttempts?: number;
}
