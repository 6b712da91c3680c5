// The client of one recipe's chat: keeps a connection, signs in and stays signed in, and delivers what is sent.
// A thin shell: ws/reduce.ts decides, and after each turn this class makes the world agree with the state.
// Components read it through getSnapshot and subscribe.

import { storedTokens } from './auth/stored-tokens';
import { TokenDenied, type TokenSource, TokenUnavailable } from './auth/token-source';
import { Diary } from './ws/diary';
import { browser, type Environment, type Socket } from './ws/environment';
import { hasRoom, type OutboxMessage } from './ws/outbox';
import { type ChatMessage, type ClientFrame, LARGEST_FRAME, LONGEST_MESSAGE } from './ws/protocol';
import { readServerFrame } from './ws/protocol-validate';
import { nextWake, reduce } from './ws/reduce';
import { type Snapshot, snapshotOf } from './ws/snapshot';
import {
  type ConnectionState,
  type Event,
  initialState,
  type Link,
  type State,
  type Wish,
} from './ws/state';

export type { Ending } from './ws/closes';
export type { OutboxMessage } from './ws/outbox';
export type { Snapshot } from './ws/snapshot';
export type { ConnectionState } from './ws/state';

/** Keeps unsent messages over a reload; see outbox-store.ts. */
export interface OutboxStore {
  load(recipeId: string): Promise<OutboxMessage[]>;
  save(recipeId: string, before: readonly OutboxMessage[], after: readonly OutboxMessage[]): void;
}

export interface Options {
  tokens?: TokenSource;
  store?: OutboxStore;
  environment?: Environment;
  /** Tries without an answer to `auth`, or with a broken token source, before the person has to ask for more. */
  maxAuthAttempts?: number;
}

export type SendResult =
  | { ok: true; id: string }
  | { ok: false; reason: 'empty' | 'too_long' | 'queue_full' | 'disconnected' };

type Waiter = { for: Link['is'][]; resolve: () => void; reject: (why: Error) => void };

export class WebSocketManager {
  readonly #environment: Environment;
  readonly #tokens: TokenSource;
  readonly #store: OutboxStore | undefined;
  readonly #diary = new Diary();
  readonly #listeners = new Set<() => void>();
  readonly #events: Event[] = [];
  #running = false;
  #announced = false;
  #state: State;
  #snapshot: Snapshot;
  #socket: Socket | null = null;
  #asking: AbortController | null = null;
  #stopListening: (() => void) | null = null;
  #wakeAt = Number.POSITIVE_INFINITY;
  #stopTimer = () => {};
  #waiters: Waiter[] = [];
  #latest = 0;
  #clockSlip = 0;

  constructor({ tokens, store, environment = browser, maxAuthAttempts = 1 }: Options = {}) {
    this.#environment = environment;
    this.#tokens = tokens ?? storedTokens();
    this.#store = store;
    this.#state = initialState(maxAuthAttempts, environment.newId());
    this.#snapshot = snapshotOf(this.#state);
  }

  get state(): ConnectionState {
    return this.#snapshot.state;
  }

  /** Resolves once the first `auth` is on the wire; rejects when the connection ends before. */
  connect(recipeId: string): Promise<void> {
    this.disconnect();
    const authSent = this.#when('proving', 'live');
    this.#dispatch({ is: 'connect', recipeId });
    this.#restore(recipeId);
    return authSent;
  }

  /** Resolves with the first update that the server sends in answer to `auth`. */
  whenAuthenticated(): Promise<void> {
    return this.state === 'authenticated' ? Promise.resolve() : this.#when('live');
  }

  disconnect(): void {
    this.#dispatch({ is: 'disconnect' });
  }

  [Symbol.dispose](): void {
    this.disconnect();
  }

  retryNow(): void {
    this.#dispatch({ is: 'retry_now' });
  }

  sendMessage(content: string): SendResult {
    const trimmed = content.trim();
    if (trimmed === '') return { ok: false, reason: 'empty' };
    if ([...trimmed].length > LONGEST_MESSAGE) return { ok: false, reason: 'too_long' };
    if (this.#state.link.is === 'off') return { ok: false, reason: 'disconnected' };
    if (!hasRoom(this.#state.outbox, trimmed)) return { ok: false, reason: 'queue_full' };
    const id = this.#environment.newId();
    this.#dispatch({ is: 'send', id, content: trimmed });
    return { ok: true, id };
  }

  retryMessage(id: string): void {
    this.#dispatch({ is: 'retry_message', id, newId: this.#environment.newId() });
  }

  retryAll(): void {
    const failed = this.#state.outbox.messages.filter(({ status }) => status === 'failed');
    for (const { id } of failed) this.retryMessage(id);
  }

  dropMessage(id: string): void {
    this.#dispatch({ is: 'drop_message', id });
  }

  /**
   * Puts a page of earlier messages (`GET /v1/recipes/{id}/messages?before=…`, with the first one's revision) in front
   * of those that are here, each once and in order. `olderExist` in the snapshot tells whether to ask for more.
   */
  addOlder(recipeId: string, messages: readonly ChatMessage[]): void {
    this.#dispatch({ is: 'older', recipeId, messages });
  }

  /** Calls back after changes, at most once per painted frame. */
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  getSnapshot = (): Snapshot => this.#snapshot;

  /** What is the matter and what happened lately, without tokens and texts: to be copied into a fault report. */
  report(): Record<string, unknown> {
    return { state: this.state, ...this.#diary.report(this.#state) };
  }

  /** Takes events one after the other, also those that come up while another is carried out. */
  #dispatch(event: Event): void {
    this.#events.push(event);
    if (this.#running) return;
    this.#running = true;
    try {
      for (let next = this.#events.shift(); next; next = this.#events.shift()) this.#take(next);
    } finally {
      this.#running = false;
    }
  }

  #take(event: Event): void {
    const world = this.#environment;
    const now = this.#now();
    const before = this.#state;
    const after = reduce(before, event, {
      now,
      dice: world.dice(),
      hidden: world.isHidden(),
      offline: world.isOffline(),
    });
    this.#state = after;
    this.#diary.note(now, '<', event);
    if (after.link.is !== before.link.is) this.#diary.note(now, '=', after.link);
    this.#agree(before, after);
  }

  /** The clock may be set back; time does not go back. */
  #now(): number {
    const now = this.#environment.now() + this.#clockSlip;
    this.#clockSlip += Math.max(0, this.#latest - now);
    this.#latest = Math.max(this.#latest, now);
    return this.#latest;
  }

  /** Makes the socket, the token request, the timer, the listeners, the store and the page agree with the state. */
  #agree(before: State, after: State): void {
    const { link, generation, recipeId, wish } = after;
    const isOff = link.is === 'off';
    const isNew = generation !== before.generation;
    if (isNew || isOff || link.is === 'seeking' || link.is === 'waiting') this.#close(isOff);
    if (isNew) this.#open(recipeId ?? '');
    for (const frame of after.frames) this.#send(frame, after.now);
    if (wish !== before.wish) void this.#askToken(wish);
    this.#sleep(nextWake(after), after.now);
    this.#listen(!isOff);
    if (link.is !== before.link.is) this.#tellWaiters(link.is);
    if (recipeId === before.recipeId && after.outbox.messages !== before.outbox.messages)
      this.#store?.save(recipeId ?? '', before.outbox.messages, after.outbox.messages);
    this.#announce(snapshotOf(after));
  }

  #open(recipeId: string): void {
    try {
      const socket = this.#environment.openSocket(recipeId);
      this.#socket = socket;
      // What an abandoned socket says does not count.
      const heard = (event: Event) => {
        if (socket === this.#socket) this.#dispatch(event);
      };
      socket.onopen = () => heard({ is: 'opened' });
      socket.onmessage = ({ data }) => heard(readEvent(data));
      socket.onclose = ({ code, reason }) => heard({ is: 'closed', code, reason });
    } catch {
      this.#dispatch({ is: 'closed', code: 1006, reason: 'Cannot open' });
    }
  }

  #close(polite: boolean): void {
    const socket = this.#socket;
    this.#socket = null;
    try {
      if (polite) socket?.close(1000, 'Client left');
      else socket?.close();
    } catch {
      // A socket that cannot be closed is gone already.
    }
  }

  #send(frame: ClientFrame, now: number): void {
    this.#diary.note(now, '>', frame);
    try {
      const timestamp = new Date(now).toISOString();
      this.#socket?.send(JSON.stringify({ ...frame, timestamp }));
    } catch {
      // A closing socket refuses; its close event, or the silence after it, brings the message back.
    }
  }

  async #askToken(wish: Wish | null): Promise<void> {
    this.#asking?.abort();
    this.#asking = wish && new AbortController();
    const asking = this.#asking;
    if (!wish || !asking) return;
    let event: Event;
    try {
      const token = await this.#tokens.get({ ...wish, signal: asking.signal });
      event = { is: 'token', token };
    } catch (error) {
      event = { is: 'no_token', why: reasonOf(error) };
    }
    if (asking === this.#asking) this.#dispatch(event);
  }

  /** One timer for everything that the state waits for. */
  #sleep(until: number, now: number): void {
    if (until === this.#wakeAt) return;
    this.#stopTimer();
    this.#wakeAt = until;
    if (until === Number.POSITIVE_INFINITY) return;
    const wake = () => {
      this.#wakeAt = Number.POSITIVE_INFINITY;
      this.#dispatch({ is: 'time' });
    };
    this.#stopTimer = this.#environment.setTimer(wake, until - now);
  }

  #listen(on: boolean): void {
    if (on === (this.#stopListening !== null)) return;
    this.#stopListening?.();
    this.#stopListening = on ? this.#environment.listen(is => this.#dispatch({ is })) : null;
  }

  #when(...states: Link['is'][]): Promise<void> {
    const promise = new Promise<void>((resolve, reject) => {
      this.#waiters.push({ for: states, resolve, reject });
    });
    // Nobody has to watch: a rejection without a listener is no fault of the page.
    promise.catch(() => {});
    return promise;
  }

  #tellWaiters(is: Link['is']): void {
    globalThis.performance?.mark?.(`recipe-chat:${is}`);
    this.#waiters = this.#waiters.filter(waiter => {
      if (waiter.for.includes(is)) waiter.resolve();
      else if (is === 'off') waiter.reject(new Error('The connection has ended'));
      else return true;
      return false;
    });
  }

  #restore(recipeId: string): void {
    this.#store?.load(recipeId).then(
      messages => this.#dispatch({ is: 'restored', recipeId, messages }),
      // Without storage nothing survives a reload; all else works.
      () => {},
    );
  }

  #announce(next: Snapshot): void {
    const before = this.#snapshot;
    const keys = Object.keys(next) as (keyof Snapshot)[];
    if (keys.every(key => next[key] === before[key])) return;
    this.#snapshot = next;
    if (this.#announced) return;
    this.#announced = true;
    this.#environment.soon(() => {
      this.#announced = false;
      for (const listener of [...this.#listeners]) listener();
    });
  }
}

function readEvent(data: unknown): Event {
  if (typeof data === 'string' && data.length > LARGEST_FRAME)
    return { is: 'closed', code: 1009, reason: 'Message too big' };
  const frame = readServerFrame(data);
  return frame ? { is: 'frame', frame } : { is: 'noise' };
}

function reasonOf(error: unknown): 'denied' | 'unavailable' | 'broken' {
  if (error instanceof TokenDenied) return 'denied';
  return error instanceof TokenUnavailable ? 'unavailable' : 'broken';
}
