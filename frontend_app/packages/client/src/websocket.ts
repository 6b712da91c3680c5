// The client of one recipe's chat: keeps a connection, signs in and stays signed in, and delivers what is sent.
// Only its public surface: reduce.ts decides, and shell.ts carries out. Components read it through getSnapshot
// and subscribe.

/// <reference lib="esnext.disposable" preserve="true" />

import { outcomeOf, SendError } from './acceptance.ts';
import { type SendRefusal, sendRefusal } from './delivery.ts';
import { randomId } from './environment.ts';
import type { Events } from './events.ts';
import type { Options } from './options.ts';
import type { OutboxMessage } from './outbox.ts';
import type { ChatMessage } from './protocol.ts';
import { createShell } from './shell.ts';
import type { Snapshot } from './snapshot.ts';
import type { Connection, ConnectionState, Event } from './state.ts';

export type SendResult = { ok: true; id: string } | { ok: false; reason: SendRefusal };

export interface Sent {
  /** It is shown at once: `outbox` has it until the server does. Null when it was not taken. */
  readonly message: Pick<OutboxMessage, 'id' | 'content'> | null;
  /** As it stands in the recipe's one order; rejects with a `SendError`. */
  readonly accepted: Promise<ChatMessage>;
}

export class WebSocketManager {
  readonly #shell: ReturnType<typeof createShell>;
  /** Calls the listener each time that it happens; the returned function ends that. */
  readonly on: <Name extends keyof Events>(
    name: Name,
    listener: (value: Events[Name]) => void,
  ) => () => void;
  /** Calls back after changes, at most once per painted frame. */
  readonly subscribe: (listener: () => void) => () => void;
  readonly getSnapshot: () => Snapshot;

  constructor(options: Options = {}) {
    const shell = createShell(options);
    this.#shell = shell;
    this.on = shell.on;
    this.subscribe = listener => shell.on('change', listener);
    this.getSnapshot = shell.getSnapshot;
  }

  get state(): ConnectionState {
    return this.getSnapshot().state;
  }

  /** Resolves once the first `auth` is sent; rejects when the connection ends before. */
  connect(recipeId: string): Promise<void> {
    const { dispatch, missingOption } = this.#shell;
    if (missingOption) return Promise.reject(new TypeError(`Missing option: ${missingOption}`));
    this.disconnect();
    const connect: Event = { kind: 'connect', recipeId };
    const authSent = this.#entered(connect, 'authenticating', 'authenticated');
    dispatch(connect);
    return authSent;
  }

  /** Resolves with the first update that the server sends in answer to `auth`. */
  whenAuthenticated(): Promise<void> {
    if (this.state === 'authenticated') return Promise.resolve();
    return this.#entered(null, 'authenticated');
  }

  /**
   * Resolves when the connection enters one of these states; rejects when it ends before. Counts from an event on: a
   * listener's `connect` is handled after the end of the connection before.
   */
  #entered(first: Event | null, ...kinds: Connection['kind'][]): Promise<void> {
    let isPending = !!first;
    return this.#shell.when<unknown>((_, { connection: { kind }, reason }, event) => {
      isPending &&= first !== event;
      if (isPending) return undefined;
      if (kinds.includes(kind)) return kind;
      return kind === 'disconnected' ? new Error('Disconnected', { cause: reason }) : undefined;
    }) as Promise<void>;
  }

  disconnect(): void {
    this.#shell.dispatch({ kind: 'disconnect' });
  }

  [Symbol.dispose](): void {
    this.disconnect();
  }

  retryNow(): void {
    this.#shell.dispatch({ kind: 'retry_now' });
  }

  sendMessage(text: string): SendResult {
    const content = text.trim();
    const reason = sendRefusal(this.getSnapshot(), content);
    if (reason) return { ok: false, reason };
    const id = randomId();
    this.#shell.dispatch({ kind: 'send', id, content });
    return { ok: true, id };
  }

  /** Says something, or asks for a change of the recipe: shown at once, sent when there is a connection. */
  send(text: string): Sent {
    const result = this.sendMessage(text);
    const accepted = result.ok
      ? this.#shell.when((before, after) => outcomeOf(result.id, before, after))
      : Promise.reject(new SendError(result.reason));
    // Nobody has to wait for it.
    accepted.catch(() => {});
    return { message: result.ok ? { id: result.id, content: text.trim() } : null, accepted };
  }

  /** For each key that is pressed: the others see it; it is sent at most once in 3 s. */
  typing(): void {
    this.#shell.dispatch({ kind: 'typing' });
  }

  retryMessage(id: string): void {
    this.#shell.dispatch({ kind: 'retry', id });
  }

  retryAll(): void {
    for (const { id } of this.getSnapshot().outbox) this.retryMessage(id);
  }

  dropMessage(id: string): void {
    this.#shell.dispatch({ kind: 'drop', id });
  }

  /**
   * Adds a page of earlier messages (`GET /v1/recipes/{id}/messages?before=…`, with the first one's revision) in front
   * of those that are here, each once and in order. `olderExist` in the snapshot tells whether to ask for more.
   */
  addOlder(recipeId: string, messages: readonly ChatMessage[]): void {
    this.#shell.dispatch({ kind: 'older', recipeId, messages });
  }

  /** The state and the last events, without tokens and texts: to be copied into a fault report. */
  report(): Record<string, unknown> {
    return this.#shell.report();
  }
}
