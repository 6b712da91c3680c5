// The imperative shell around reduce.ts: takes one event after the other, and after each makes the socket, the token
// request, the timer, the listeners, the store and the page agree with the new state. Decides nothing.

import { browserEnvironment, type Socket } from './environment.ts';
import { jsonText } from './json.ts';
import type { Options } from './options.ts';
import { type ClientFrame, MAX_FRAME_LENGTH } from './protocol.ts';
import { readServerFrame } from './protocol-validate.ts';
import { MAX_TIMER_DELAY, nextTimer, reduce } from './reduce.ts';
import { type Snapshot, snapshotOf } from './snapshot.ts';
import { type Connection, type Event, initialState, type State, type Turn } from './state.ts';
import { failureReason, localStorageToken, type TokenRequest } from './token-source.ts';

export function createShell(options: Options) {
  const {
    tokens = localStorageToken,
    store,
    environment = browserEnvironment,
    maxAuthAttempts = 1,
  } = options;
  const observer = options.observer?.();
  const queue: Event[] = [];
  const listeners = new Set<() => void>();
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
  }

  function carryOut(before: State, after: Turn): void {
    const { now, frames, tokenRequest, recipeId, outbox } = after;
    const { kind } = after.connection;
    if (kind === 'disconnected') {
      closeSocket(1000);
      stopListening?.();
      stopListening = null;
    } else {
      stopListening ??= environment.listen(change => dispatch({ kind: change }));
    }
    if (kind === 'fetching_token' || kind === 'waiting') closeSocket();
    if (kind === 'connecting' && before.connection.kind === 'fetching_token') openSocket(recipeId);
    for (const frame of frames) send(frame, now);
    if (tokenRequest !== before.tokenRequest) void requestToken(tokenRequest);
    setTimer(nextTimer(after), now);
    if (recipeId === before.recipeId && outbox !== before.outbox)
      store?.save(recipeId, before.outbox, outbox);
    if (kind === before.connection.kind) return;
    performance.mark(`recipe-chat:${kind}`);
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
      opened.onmessage = ({ data }) => dispatchCurrent(readEvent(data));
      opened.onclose = ({ code, reason }) => dispatchCurrent({ kind: 'closed', code, reason });
    } catch {
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

  async function requestToken(request: TokenRequest | null): Promise<void> {
    tokenAbort.abort();
    if (!request) return;
    tokenAbort = new AbortController();
    let event: Event;
    try {
      const token = await tokens.get({ ...request, signal: tokenAbort.signal });
      event = { kind: 'token', token };
    } catch (error) {
      event = { kind: 'no_token', why: failureReason(error) };
    }
    // A late answer does not count.
    if (request === state.tokenRequest) dispatch(event);
  }

  /** One timer for everything that the state waits for. */
  function setTimer(until: number, now: number): void {
    stopTimer();
    const delay = Math.min(until - now, MAX_TIMER_DELAY);
    if (until < Number.POSITIVE_INFINITY)
      stopTimer = environment.setTimer(() => dispatch({ kind: 'timer' }), delay);
  }

  /** Calls the listeners once before the next paint, however often the snapshot changes until then. */
  function publish(next: Snapshot): void {
    const before = snapshot;
    const keys = Object.keys(next) as (keyof Snapshot)[];
    if (keys.every(key => next[key] === before[key])) return;
    snapshot = next;
    if (isPublishing) return;
    isPublishing = true;
    environment.beforePaint(() => {
      isPublishing = false;
      for (const listener of listeners) listener();
    });
  }

  /** Resolves when the connection enters one of these states; rejects when it ends before. */
  function waitFor(...kinds: Connection['kind'][]): Promise<void> {
    const promise = new Promise<void>((resolve, reject) => {
      const waiter = (kind: Connection['kind']) => {
        if (kinds.includes(kind)) resolve();
        else if (kind === 'disconnected') reject(new Error('The connection has ended'));
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
    report: () => observer?.report(state),
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    restore(recipeId: string): void {
      store?.load(recipeId).then(
        messages => dispatch({ kind: 'restored', recipeId, messages }),
        // Without storage no unsent message survives a reload; all else works.
        () => {},
      );
    },
  };
}

function readEvent(data: unknown): Event {
  const text = String(data);
  if (text.length > MAX_FRAME_LENGTH) return { kind: 'closed', code: 1009, reason: '' };
  return { kind: 'frame', frame: readServerFrame(text) };
}
