// The client's shell: takes one turn after the other, and makes the socket, the token request, the timer, the
// listeners, the store and the page agree with the state after each. Decides nothing: reduce.ts does.

import { keptToken, reasonOf } from '../auth/token-source';
import { jsonText } from '../json';
import type { Options } from '../websocket';
import { browser, type Socket } from './environment';
import { type ClientFrame, LARGEST_FRAME } from './protocol';
import { readServerFrame } from './protocol-validate';
import { LONGEST_NAP, nextWake, reduce } from './reduce';
import { type Snapshot, snapshotOf } from './snapshot';
import { type Event, initialState, type Kept, type Link, type State, type Wish } from './state';

export function shell(options: Options) {
  const { tokens = keptToken, store, environment: world = browser, maxAuthAttempts = 1 } = options;
  const observer = options.observer?.();
  const events: Event[] = [];
  const listeners = new Set<() => void>();
  const waiters = new Set<(is: Link['is']) => void>();
  let state = initialState(maxAuthAttempts);
  let snapshot = snapshotOf(state);
  let isAnnounced = false;
  let socket: Socket | null = null;
  let asking = new AbortController();
  let stopTimer = () => {};
  let stopListening: (() => void) | null = null;

  /** Takes events one after the other, also those that come up while another is carried out. */
  function tell(event: Event): void {
    if (events.push(event) > 1) return;
    try {
      for (const next of events) take(next);
    } finally {
      events.length = 0;
    }
  }

  function take(event: Event): void {
    const before = state;
    const after = reduce(before, event, world.moment());
    state = after;
    observer?.note(event, before, after);
    agree(before, after);
    announce(snapshotOf(after));
  }

  function agree(before: Kept, after: State): void {
    const { link, now, frames, wish, recipeId, outbox } = after;
    const { is } = link;
    if (is === 'disconnected') {
      close(1000);
      stopListening?.();
      stopListening = null;
    } else {
      stopListening ??= world.listen(is => tell({ is }));
    }
    if (is === 'seeking' || is === 'waiting') close();
    if (is === 'connecting' && before.link.is === 'seeking') open(recipeId);
    for (const frame of frames) send(frame, now);
    if (wish !== before.wish) void ask(wish);
    sleep(nextWake(after), now);
    if (recipeId === before.recipeId && outbox !== before.outbox)
      store?.save(recipeId, before.outbox, outbox);
    if (is === before.link.is) return;
    performance.mark(`recipe-chat:${is}`);
    for (const waiter of waiters) waiter(is);
  }

  function open(recipeId: string): void {
    try {
      const opened = world.openSocket(recipeId);
      socket = opened;
      // What an abandoned socket says does not count.
      const heard = (event: Event) => {
        if (opened === socket) tell(event);
      };
      opened.onopen = () => heard({ is: 'opened' });
      opened.onmessage = ({ data }) => heard(readEvent(data));
      opened.onclose = ({ code, reason }) => heard({ is: 'closed', code, reason });
    } catch {
      tell({ is: 'closed', code: 1006, reason: '' });
    }
  }

  function close(code?: number): void {
    const closing = socket;
    socket = null;
    closing?.close(code);
  }

  /** A socket that closes meanwhile drops the frame; its close event brings a message back. */
  function send(frame: ClientFrame, now: number): void {
    socket?.send(jsonText({ ...frame, timestamp: new Date(now).toISOString() }));
  }

  async function ask(wish: Wish | null): Promise<void> {
    asking.abort();
    if (!wish) return;
    asking = new AbortController();
    let event: Event;
    try {
      event = { is: 'token', token: await tokens.get({ ...wish, signal: asking.signal }) };
    } catch (error) {
      event = { is: 'no_token', why: reasonOf(error) };
    }
    // A late answer does not count.
    if (wish === state.wish) tell(event);
  }

  /** One timer for everything that the state waits for. */
  function sleep(until: number, now: number): void {
    stopTimer();
    if (until < Number.POSITIVE_INFINITY)
      stopTimer = world.setTimer(() => tell({ is: 'time' }), Math.min(until - now, LONGEST_NAP));
  }

  function announce(next: Snapshot): void {
    const before = snapshot;
    const keys = Object.keys(next) as (keyof Snapshot)[];
    if (keys.every(key => next[key] === before[key])) return;
    snapshot = next;
    if (isAnnounced) return;
    isAnnounced = true;
    world.soon(() => {
      isAnnounced = false;
      for (const listener of listeners) listener();
    });
  }

  /** Resolves when the connection takes one of these steps; rejects when it ends before. */
  function when(...steps: Link['is'][]): Promise<void> {
    const promise = new Promise<void>((resolve, reject) => {
      const waiter = (is: Link['is']) => {
        if (steps.includes(is)) resolve();
        else if (is === 'disconnected') reject(new Error('The connection has ended'));
        else return;
        waiters.delete(waiter);
      };
      waiters.add(waiter);
    });
    // Nobody has to watch: a rejection without a listener is no fault of the page.
    promise.catch(() => {});
    return promise;
  }

  return {
    tell,
    when,
    snapshot: () => snapshot,
    report: () => observer?.report(state),
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    restore(recipeId: string): void {
      store?.load(recipeId).then(
        messages => tell({ is: 'restored', recipeId, messages }),
        // Without storage nothing survives a reload; all else works.
        () => {},
      );
    },
  };
}

function readEvent(data: unknown): Event {
  const text = String(data);
  if (text.length > LARGEST_FRAME) return { is: 'closed', code: 1009, reason: '' };
  return { is: 'frame', frame: readServerFrame(text) };
}
