// The imperative shell around reduce.ts: takes one event after the other, and after each makes the socket, the token
// request, the timer, the listeners, the store and the page agree with the new state. Decides nothing.

import { Acceptances } from './acceptance.ts';
import type { Reason } from './closes.ts';
import { environmentOf, type Socket } from './environment.ts';
import { type Events, emitEvents } from './events.ts';
import { jsonText } from './json.ts';
import type { Options } from './options.ts';
import { type ClientFrame, MAX_FRAME_LENGTH } from './protocol.ts';
import { readServerFrame } from './protocol-validate.ts';
import { MAX_TIMER_DELAY, nextTimer, reduce } from './reduce.ts';
import { type Snapshot, snapshotOf } from './snapshot.ts';
import {
  type Connection,
  type Event,
  initialState,
  type State,
  type TokenQuestion,
  type Turn,
} from './state.ts';
import { isUnauthorized, localStorageToken } from './token-source.ts';

export function createShell(options: Options) {
  const {
    getToken = localStorageToken,
    onError = () => {},
    storage,
    maxAuthAttempts = 1,
  } = options;
  const environment = environmentOf(options);
  const { clock, lifecycle } = environment;
  const observer = options.observer?.();
  const queue: Event[] = [];
  const listeners = new Set<() => void>();
  const eventListeners = new Set<[name: string, listener: (value: never) => void]>();
  const acceptances = new Acceptances();
  const waiters = new Set<(kind: Connection['kind']) => void>();
  let state = initialState(maxAuthAttempts);
  let snapshot = snapshotOf(state);
  let isPublishing = false;
  let socket: Socket | null = null;
  let tokenAbort = new AbortController();
  let stopTimer = () => {};
  let stopListening: (() => void) | null = null;

  /** Handles events one after the other, also those that are dispatched while another is handled. */
  function dispatch(event: Event): void {
    if (queue.push(event) > 1) return;
    try {
      for (const next of queue) handle(next);
    } finally {
      queue.length = 0;
    }
  }

  function handle(event: Event): void {
    const before = state;
    const after = reduce(before, event, environment.context());
    state = after;
    observer?.record(event, before, after);
    carryOut(before, after);
    publish(snapshotOf(after));
    acceptances.settle(before, after);
    emitEvents(emit, before, event, after);
  }

  function emit<Name extends keyof Events>(name: Name, value: Events[Name]): void {
    for (const [wanted, listener] of eventListeners) {
      if (wanted !== name) continue;
      try {
        listener(value as never);
      } catch (error) {
        onError(error);
      }
    }
  }

  function carryOut(before: State, after: Turn): void {
    const { now, frames, tokenRequest, recipeId, outbox } = after;
    const { kind } = after.connection;
    if (kind === 'disconnected') {
      closeSocket(1000);
      stopListening?.();
      stopListening = null;
    } else {
      stopListening ??= lifecycle.listen(change => dispatch({ kind: change }));
    }
    if (kind === 'fetching_token' || kind === 'waiting') closeSocket();
    if (kind === 'connecting' && before.connection.kind === 'fetching_token') openSocket(recipeId);
    for (const frame of frames) send(frame, now);
    if (tokenRequest !== before.tokenRequest) void requestToken(tokenRequest);
    setTimer(nextTimer(after), now);
    if (recipeId === before.recipeId && outbox !== before.outbox)
      storage?.save(recipeId, before.outbox, outbox);
    if (kind === before.connection.kind) return;
    globalThis.performance?.mark?.(`recipe-chat:${kind}`);
    for (const waiter of waiters) waiter(kind);
  }

  function openSocket(recipeId: string): void {
    try {
      const opened = environment.openSocket(recipeId);
      socket = opened;
      // Events of a socket that was given up do not count.
      const dispatchCurrent = (event: Event) => {
        if (opened === socket) dispatch(event);
      };
      opened.onopen = () => dispatchCurrent({ kind: 'opened' });
      opened.onmessage = ({ data }: { data: unknown }) => dispatchCurrent(readEvent(data));
      opened.onclose = ({ code, reason }: Reason) =>
        dispatchCurrent({ kind: 'closed', code, reason: String(reason) });
    } catch (error) {
      onError(error);
      dispatch({ kind: 'closed', code: 1006, reason: '' });
    }
  }

  function closeSocket(code?: number): void {
    const closing = socket;
    socket = null;
    closing?.close(code);
  }

  /** A socket that closes meanwhile drops the frame; its close event makes a message due again. */
  function send(frame: ClientFrame, now: number): void {
    socket?.send(jsonText({ ...frame, timestamp: new Date(now).toISOString() }));
  }

  async function requestToken(request: TokenQuestion | null): Promise<void> {
    tokenAbort.abort();
    if (!request) return;
    tokenAbort = new AbortController();
    const { signal } = tokenAbort;
    let event: Event;
    try {
      event = { kind: 'token', token: await getToken({ ...request, signal }) };
    } catch (error) {
      if (!signal.aborted) onError(error);
      event = { kind: 'no_token', unauthorized: isUnauthorized(error) };
    }
    // A late answer does not count.
    if (request === state.tokenRequest) dispatch(event);
  }

  /** One timer for everything that the state waits for. */
  function setTimer(until: number, now: number): void {
    stopTimer();
    const delay = Math.min(until - now, MAX_TIMER_DELAY);
    if (until < Number.POSITIVE_INFINITY)
      stopTimer = clock.setTimer(() => dispatch({ kind: 'timer' }), delay);
  }

  /** Calls the listeners once before the next paint, however often the snapshot changes until then. */
  function publish(next: Snapshot): void {
    const before = snapshot;
    const keys = Object.keys(next) as (keyof Snapshot)[];
    if (keys.every(key => next[key] === before[key])) return;
    snapshot = next;
    if (isPublishing) return;
    isPublishing = true;
    lifecycle.beforePaint(() => {
      isPublishing = false;
      for (const listener of listeners) listener();
    });
  }

  /** Resolves when the connection enters one of these states; rejects when it ends before. */
  function waitFor(...kinds: Connection['kind'][]): Promise<void> {
    const promise = new Promise<void>((resolve, reject) => {
      const waiter = (kind: Connection['kind']) => {
        if (kinds.includes(kind)) resolve();
        else if (kind === 'disconnected')
          reject(new Error('The connection has ended', { cause: state.reason }));
        else return;
        waiters.delete(waiter);
      };
      waiters.add(waiter);
    });
    // Nobody has to wait for it: a rejection that is not handled is no fault of the page.
    promise.catch(() => {});
    return promise;
  }

  return {
    dispatch,
    waitFor,
    getSnapshot: () => snapshot,
    report: () => ({
      ...snapshot.reason,
      state: snapshot.state,
      connectionId: state.connectionId,
      unsent: state.outbox.length,
      ...observer?.report(state),
    }),
    accepted: (id: string) => acceptances.of(id),
    on<Name extends keyof Events>(name: Name, listener: (value: Events[Name]) => void): () => void {
      const entry: [string, (value: never) => void] = [name, listener];
      eventListeners.add(entry);
      return () => eventListeners.delete(entry);
    },
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    restore(recipeId: string): void {
      // Without storage no unsent message survives a reload; all else works.
      storage
        ?.load(recipeId)
        .then(messages => dispatch({ kind: 'restored', recipeId, messages }), onError);
    },
  };
}

function readEvent(data: unknown): Event {
  const text = String(data);
  if (text.length > MAX_FRAME_LENGTH) return { kind: 'closed', code: 1009, reason: '' };
  return { kind: 'frame', frame: readServerFrame(text) };
}
