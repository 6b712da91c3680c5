// The client of one recipe's chat: keeps a connection, signs in and stays signed in, and delivers what is sent.
// A thin shell: ws/reduce.ts decides, and after each turn ws/shell.ts makes the world agree with the state.
// Components read it through getSnapshot and subscribe.

import type { TokenSource } from './auth/token-source';
import { type Environment, randomId } from './ws/environment';
import { type Objection, type OutboxMessage, objection } from './ws/outbox';
import type { ChatMessage } from './ws/protocol';
import { shell } from './ws/shell';
import type { Snapshot } from './ws/snapshot';
import type { ConnectionState, Event, Kept, State } from './ws/state';

export type { Ending } from './ws/closes';
export type { OutboxMessage } from './ws/outbox';
export type { Snapshot } from './ws/snapshot';
export type { ConnectionState } from './ws/state';

/** Keeps unsent messages over a reload; see outbox-store.ts. */
export interface OutboxStore {
  load(recipeId: string): Promise<OutboxMessage[]>;
  save(recipeId: string, before: readonly OutboxMessage[], after: readonly OutboxMessage[]): void;
}

/** Writes down what happens, for a fault report; see ws/diary.ts. */
export interface Observer {
  note(event: Event, before: Kept, after: State): void;
  report(state: Kept): Record<string, unknown>;
}

export interface Options {
  tokens?: TokenSource;
  store?: OutboxStore;
  environment?: Environment;
  /** Makes the observer of one connection. */
  observer?: () => Observer;
  /** Tries without an answer to `auth`, or with a broken token source, before the person has to ask for more. */
  maxAuthAttempts?: number;
}

export type SendResult = { ok: true; id: string } | { ok: false; reason: Objection };

export class WebSocketManager {
  readonly #shell: ReturnType<typeof shell>;
  /** Calls back after changes, at most once per painted frame. */
  readonly subscribe: (listener: () => void) => () => void;
  readonly getSnapshot: () => Snapshot;

  constructor(options: Options = {}) {
    this.#shell = shell(options);
    this.subscribe = this.#shell.subscribe;
    this.getSnapshot = this.#shell.snapshot;
  }

  get state(): ConnectionState {
    return this.getSnapshot().state;
  }

  /** Resolves once the first `auth` is on the wire; rejects when the connection ends before. */
  connect(recipeId: string): Promise<void> {
    this.disconnect();
    const authSent = this.#shell.when('authenticating', 'authenticated');
    this.#shell.tell({ is: 'connect', recipeId });
    this.#shell.restore(recipeId);
    return authSent;
  }

  /** Resolves with the first update that the server sends in answer to `auth`. */
  whenAuthenticated(): Promise<void> {
    if (this.state === 'authenticated') return Promise.resolve();
    return this.#shell.when('authenticated');
  }

  disconnect(): void {
    this.#shell.tell({ is: 'disconnect' });
  }

  [Symbol.dispose](): void {
    this.disconnect();
  }

  retryNow(): void {
    this.#shell.tell({ is: 'retry_now' });
  }

  sendMessage(text: string): SendResult {
    const content = text.trim();
    const reason = objection(this.getSnapshot(), content);
    if (reason) return { ok: false, reason };
    const id = randomId();
    this.#shell.tell({ is: 'send', id, content });
    return { ok: true, id };
  }

  retryMessage(id: string): void {
    this.#shell.tell({ is: 'retry', id });
  }

  retryAll(): void {
    for (const { id } of this.getSnapshot().outbox) this.retryMessage(id);
  }

  dropMessage(id: string): void {
    this.#shell.tell({ is: 'drop', id });
  }

  /**
   * Puts a page of earlier messages (`GET /v1/recipes/{id}/messages?before=…`, with the first one's revision) in front
   * of those that are here, each once and in order. `olderExist` in the snapshot tells whether to ask for more.
   */
  addOlder(recipeId: string, messages: readonly ChatMessage[]): void {
    this.#shell.tell({ is: 'older', recipeId, messages });
  }

  /** What is the matter and what happened lately, without tokens and texts: to be copied into a fault report. */
  report(): Record<string, unknown> {
    return { state: this.state, ...this.#shell.report() };
  }
}
