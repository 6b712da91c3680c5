// The last 200 events, for people who look for a fault. The app brings it along (see Options in options.ts). What is
// logged is chosen by name: no token, no text and no recipe gets in, because a key that is not listed is left out.

import type { Event, State, Turn } from './state.ts';

export interface LogEntry {
  at: number;
  what: string;
}

const MAX_ENTRIES = 200;

/** Keys of frames and events, and what reduce.ts decides by. */
const LOGGED_KEYS = (
  'kind frame type id payload in_reply_to code reason why until reauthSince connection connectionId ' +
  'attempts retriedOnce authenticatedOnce outageSince invalidFrames hidden offline session action retry_after_ms ' +
  'recovered revision history status failure pausedUntil'
).split(' ');

export class EventLog {
  readonly #entries: LogEntry[] = [];

  /** What happened (<), the new state of the connection (=, also a mark on the browser's timeline), and what was sent (>). */
  record(event: Event, before: State, after: Turn): void {
    // What a timer does shows in the other two.
    if (event.kind !== 'timer') this.#add('<', event, after.now);
    const { kind } = after.connection;
    if (kind !== before.connection.kind) {
      this.#add('=', after.connection, after.now);
      globalThis.performance?.mark?.(`recipe-chat:${kind}`);
    }
    for (const frame of after.frames) this.#add('>', frame, after.now);
  }

  report(state: State): Record<string, unknown> {
    const logged = (value: unknown) => JSON.parse(JSON.stringify(value, LOGGED_KEYS));
    return {
      ...logged(state),
      messages: state.history.messages.length,
      unsent: logged(state.outbox),
      events: [...this.#entries],
    };
  }

  #add(mark: '<' | '=' | '>', entry: object, at: number): void {
    this.#entries.push({ at, what: `${mark} ${JSON.stringify(entry, LOGGED_KEYS)}` });
    if (this.#entries.length > MAX_ENTRIES) this.#entries.shift();
  }
}
