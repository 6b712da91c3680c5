// The imperative shell around reduce.ts: takes one event after the other, and after each makes the socket, the token
// request, the timer, the listeners, the store and the page agree with the new state. Decides nothing.

import { frameHandlers } from './authenticated.ts';
import type { Reason } from './closes.ts';
import { createEmitter, type Emitter } from './emitter.ts';
import { environmentOf, type Socket } from './environment.ts';
import { type AllEvents, emitEvents } from './events.ts';
import type { Options } from './options.ts';
import type { ClientFrame, ServerFrame } from './protocol.ts';
import { MAX_TIMER_DELAY, nextTimer, reduce } from './reduce.ts';
import { type Snapshot, snapshotOf } from './snapshot.ts';
import { type Event, initialState, type State, type TokenQuestion, type Turn } from './state.ts';
import { isUnauthorized, localStorageToken } from './token-source.ts';

export function createShell(options: Options) {
  const {
    getToken = localStorageToken,
    onError = () => {},
    readFrame = parseFrame,
    storage,
    maxAuthAttempts = 1,
  } = options;
  const environment = environmentOf(options);
  const { clock, lifecycle } = environment;
  const observer = options.observer?.();
  const queue: Event[] = [];
  const { on, emit }: Emitter<AllEvents> = createEmitter(onError);
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
    for (const next of queue) {
      try {
        handle(next);
      } catch (error) {
        // Such as a frame that breaks the protocol in a way that the rules trip over: it changes nothing.
        onError(error);
      }
    }
    queue.length = 0;
  }

  function handle(event: Event): void {
    const before = state;
    const after = reduce(before, event, environment.context());
    state = after;
    observer?.record(event, before, after);
    carryOut(before, after);
    publish(snapshotOf(after));
    emit('turn', [before, after, event]);
    emitEvents(emit, before, after, event);
  }

  function carryOut(before: State, after: Turn): void {
    const {
      connection: { kind },
      now,
      frames,
      tokenRequest,
      recipeId,
      outbox,
    } = after;
    if (kind === 'disconnected') {
      closeSocket(1000);
      stopListening?.();
      stopListening = null;
    } else {
      stopListening ??= lifecycle.listen(change => dispatch({ kind: change }));
    }
    if (kind === 'fetching_token' || kind === 'waiting') closeSocket();
    if (kind === 'connecting' && !socket) openSocket(recipeId);
    for (const frame of frames) send(frame, now);
    if (tokenRequest !== before.tokenRequest) void requestToken(tokenRequest);
    setTimer(nextTimer(after), now);
    if (recipeId !== before.recipeId) restore(recipeId);
    else if (outbox !== before.outbox) storage?.save(recipeId, before.outbox, outbox);
  }

  /** Without storage no unsent message survives a reload; all else works. */
  function restore(recipeId: string): void {
    storage
      ?.load(recipeId)
      .then(messages => dispatch({ kind: 'restored', recipeId, messages }), onError);
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
      opened.onmessage = ({ data }: { data: string }) =>
        dispatchCurrent({ kind: 'frame', frame: readFrame(data) });
      opened.onclose = ({ code, reason }: Reason) =>
        dispatchCurrent({ kind: 'closed', code, reason });
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
    socket?.send(JSON.stringify({ ...frame, timestamp: new Date(now).toISOString() }));
  }

  async function requestToken(request: TokenQuestion | null): Promise<void> {
    tokenAbort.abort();
    if (!request) return;
    tokenAbort = new AbortController();
    const signal = tokenAbort.signal;
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
    const keys = Object.keys(next) as (keyof Snapshot)[];
    if (keys.every(key => next[key] === snapshot[key])) return;
    snapshot = next;
    if (isPublishing) return;
    isPublishing = true;
    lifecycle.beforePaint(() => {
      isPublishing = false;
      emit('change', undefined);
    });
  }

  /** Resolves with what `find` returns for a turn, or rejects when that is an error; undefined: it waits on. */
  function when<Found>(
    find: (before: State, after: Turn, event: Event) => Found | undefined,
  ): Promise<Exclude<Found, Error>> {
    const promise = new Promise<Exclude<Found, Error>>((resolve, reject) => {
      const stopWaiting = on('turn', turn => {
        const found = find(...turn);
        if (!found) return;
        stopWaiting();
        if (found instanceof Error) reject(found);
        else resolve(found as Exclude<Found, Error>);
      });
    });
    // Nobody has to wait for it: a rejection that is not handled is no fault of the page.
    promise.catch(() => {});
    return promise;
  }

  return {
    dispatch,
    missingOption: environment.missingOption,
    when,
    getSnapshot: () => snapshot,
    report: () => ({
      ...snapshot.reason,
      state: snapshot.state,
      connectionId: state.connectionId,
      unsent: state.outbox.length,
      ...observer?.report(state),
    }),
    on,
  };
}

/** Takes what is in a frame as the server says it; validate.ts is for whoever would rather check. */
function parseFrame(text: string): ServerFrame | null {
  try {
    const frame = JSON.parse(text);
    return Object.hasOwn(frameHandlers, frame.type) && frame.payload ? frame : null;
  } catch {
    return null;
  }
}
