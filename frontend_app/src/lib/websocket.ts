// The client of one recipe's chat: keeps a connection, signs in and stays signed in, and delivers what is sent.
// A thin shell: ws/reduce.ts decides, this class carries out. Components read it through getSnapshot and subscribe.

import { storedTokens } from './auth/stored-tokens';
import { TokenDenied, type TokenSource, TokenUnavailable } from './auth/token-source';
import { Diary } from './ws/diary';
import { browser, type Environment, type Socket } from './ws/environment';
import { hasRoom, type OutboxMessage } from './ws/outbox';
import { type ChatMessage, type ClientFrame, LARGEST_FRAME, LONGEST_MESSAGE } from './ws/protocol';
import { readServerFrame } from './ws/protocol-validate';
import { reduce } from './ws/reduce';
import { type Snapshot, snapshotOf } from './ws/snapshot';
import {
  type Config,
  type ConnectionState,
  DEFAULTS,
  type Effect,
  type Event,
  initialState,
  type State,
  type Timer,
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

export interface Options extends Partial<Config> {
  tokens?: TokenSource;
  store?: OutboxStore;
  environment?: Environment;
}

export type SendResult =
  | { ok: true; id: string }
  | { ok: false; reason: 'empty' | 'too_long' | 'queue_full' | 'disconnected' };

type Promised = { promise: Promise<void>; resolve: () => void; reject: (why: Error) => void };

export class WebSocketManager {
  readonly #environment: Environment;
  readonly #tokens: TokenSource;
  readonly #store: OutboxStore | null;
  readonly #diary = new Diary();
  readonly #timers = new Map<Timer, () => void>();
  readonly #listeners = new Set<() => void>();
  readonly #events: Event[] = [];
  #running = false;
  #announced = false;
  #state: State;
  #snapshot: Snapshot | null = null;
  #socket: Socket | null = null;
  #asking: AbortController | null = null;
  #stopListening: (() => void) | null = null;
  #authSent = promised();
  #live = promised();
  #badFrames = 0;

  constructor({ tokens, store, environment, ...config }: Options = {}) {
    this.#environment = environment ?? browser;
    this.#tokens = tokens ?? storedTokens();
    this.#store = store ?? null;
    const prefix = this.#environment.newId();
    this.#state = initialState({ ...DEFAULTS, ...config }, prefix);
  }

  get state(): ConnectionState {
    return this.getSnapshot().state;
  }

  /** Resolves once the first `auth` is on the wire; rejects when the connection ends before. */
  connect(recipeId: string): Promise<void> {
    this.disconnect();
    this.#authSent = promised();
    this.#live = promised();
    const { promise } = this.#authSent;
    const hidden = this.#environment.isHidden();
    this.#dispatch({ is: 'connect', recipeId, hidden, offline: this.#environment.isOffline() });
    this.#restore(recipeId);
    return promise;
  }

  /** Resolves with the first update that the server sends in answer to `auth`. */
  whenAuthenticated(): Promise<void> {
    return this.state === 'authenticated' ? Promise.resolve() : this.#live.promise;
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

  getSnapshot = (): Snapshot => {
    this.#snapshot ??= snapshotOf(this.#state);
    return this.#snapshot;
  };

  /** What happened lately, without tokens and texts: to be copied into a fault report. */
  report(): Record<string, unknown> {
    const { messages, outbox, recipe, previous, session, ...rest } = this.getSnapshot();
    return {
      ...rest,
      session: session?.id ?? null,
      messages: messages.length,
      outbox: outbox.map(({ id, status, failure }) => ({ id, status, failure })),
      generation: this.#state.generation,
      attempt: this.#state.attempt,
      badFrames: this.#badFrames,
      diary: this.#diary.entries,
    };
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
    const now = this.#environment.now();
    this.#diary.note(now, '<', event);
    const before = this.#state;
    const { state, effects } = reduce(before, event, { now, dice: this.#environment.dice() });
    this.#state = state;
    for (const effect of effects) this.#carryOut(effect, now);
    if (state === before) return;
    this.#keepOutbox(before, state);
    this.#announce();
  }

  #carryOut(effect: Effect, now: number): void {
    if (effect.is !== 'clear_timer') this.#diary.note(now, '>', effect);
    switch (effect.is) {
      case 'open':
        return this.#open(effect.generation, effect.recipeId);
      case 'close':
        return this.#close(effect.polite);
      case 'send':
        return this.#send({ ...effect.frame, timestamp: new Date(now).toISOString() });
      case 'ask_token':
        return this.#askToken(effect);
      case 'set_timer':
        return this.#setTimer(effect.timer, effect.after);
      case 'clear_timer':
        return this.#clearTimer(effect.timer);
      case 'listen':
        return this.#listen(effect.on);
      case 'told':
        return this.#tell(effect.what);
      default:
        effect satisfies never;
    }
  }

  #open(generation: number, recipeId: string): void {
    mark('open');
    try {
      const socket = this.#environment.openSocket(recipeId);
      this.#socket = socket;
      socket.onopen = () => this.#dispatch({ is: 'opened', generation });
      socket.onmessage = ({ data }) => this.#receive(generation, data);
      socket.onclose = ({ code, reason }) =>
        this.#dispatch({ is: 'closed', generation, code, reason });
    } catch {
      this.#dispatch({ is: 'closed', generation, code: 1006, reason: 'Cannot open' });
    }
  }

  #receive(generation: number, data: unknown): void {
    const tooLarge = typeof data !== 'string' || data.length > LARGEST_FRAME;
    const reading = tooLarge
      ? ({ is: 'invalid', why: 'too large' } as const)
      : readServerFrame(data);
    if (reading.is === 'frame')
      return this.#dispatch({ is: 'frame', generation, frame: reading.frame });
    if (reading.is === 'invalid') this.#badFrames += 1;
    this.#diary.write(this.#environment.now(), `bad frame: ${reading.is}`);
    this.#dispatch({ is: 'noise', generation, tooLarge });
  }

  #close(polite: boolean): void {
    this.#asking?.abort();
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    try {
      if (polite) socket.close(1000, 'Client left');
      else socket.close();
    } catch {
      // A socket that cannot be closed is gone already.
    }
  }

  #send(frame: ClientFrame): void {
    try {
      this.#socket?.send(JSON.stringify(frame));
    } catch {
      // A closing socket refuses; its close event, or the silence after it, brings the message back.
    }
  }

  #askToken({ ask, fresh, not }: Effect & { is: 'ask_token' }): void {
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    const fail = (error: unknown) =>
      this.#dispatch({
        is: 'no_token',
        ask,
        why: asking.signal.aborted ? 'broken' : reasonOf(error),
      });
    try {
      this.#tokens
        .get({ fresh, not, signal: asking.signal })
        .then(token => this.#dispatch({ is: 'token', ask, token }), fail);
    } catch (error) {
      fail(error);
    }
  }

  #setTimer(timer: Timer, after: number): void {
    this.#clearTimer(timer);
    const run = () => {
      this.#timers.delete(timer);
      this.#dispatch({ is: 'timer', timer });
    };
    this.#timers.set(timer, this.#environment.setTimer(run, after));
  }

  #clearTimer(timer: Timer): void {
    this.#timers.get(timer)?.();
    this.#timers.delete(timer);
  }

  #listen(on: boolean): void {
    this.#stopListening?.();
    this.#stopListening = on ? this.#environment.listen(is => this.#dispatch({ is })) : null;
  }

  #tell(what: 'auth_sent' | 'live' | 'ended'): void {
    mark(what);
    if (what === 'auth_sent') this.#authSent.resolve();
    if (what === 'live') this.#live.resolve();
    if (what !== 'ended') return;
    const why = new Error('The connection has ended');
    this.#authSent.reject(why);
    this.#live.reject(why);
    this.#live = promised();
  }

  #restore(recipeId: string): void {
    this.#store?.load(recipeId).then(
      messages => this.#dispatch({ is: 'restored', recipeId, messages }),
      () => this.#diary.write(this.#environment.now(), 'cannot read the outbox'),
    );
  }

  #keepOutbox(before: State, after: State): void {
    if (before.recipeId !== after.recipeId || before.outbox.messages === after.outbox.messages)
      return;
    this.#store?.save(after.recipeId ?? '', before.outbox.messages, after.outbox.messages);
  }

  #announce(): void {
    this.#snapshot = null;
    if (this.#announced) return;
    this.#announced = true;
    this.#environment.soon(() => {
      this.#announced = false;
      for (const listener of [...this.#listeners]) listener();
    });
  }
}

function reasonOf(error: unknown): 'denied' | 'unavailable' | 'broken' {
  if (error instanceof TokenDenied) return 'denied';
  return error instanceof TokenUnavailable ? 'unavailable' : 'broken';
}

/** A promise that nobody has to watch: a rejection without a listener is no fault of the page. */
function promised(): Promised {
  let resolve = () => {};
  let reject: (why: Error) => void = () => {};
  const promise = new Promise<void>((onward, back) => {
    resolve = onward;
    reject = back;
  });
  promise.catch(() => {});
  return { promise, resolve, reject };
}

function mark(what: string): void {
  globalThis.performance?.mark?.(`recipe-chat:${what}`);
}
