// The last 200 things that happened, for people who look for a fault. The app brings it along (see Options in
// websocket.ts). What is written down is chosen by name, so that no token, no text and no recipe gets in: what is not
// listed here is left out.

import type { Event, Kept, State } from './state';

export interface DiaryEntry {
  at: number;
  what: string;
}

const LENGTH = 200;
/** Names of the envelope, of closes, and of what reduce.ts decides by. */
const SHOWN =
  'is frame type id payload in_reply_to code reason why until reauthSince deadline link attempt mended proven outageSince noise hidden offline session connection action retry_after_ms recovered revision history status failure pausedUntil'.split(
    ' ',
  );

export class Diary {
  readonly #entries: DiaryEntry[] = [];

  /** What happened, the new step of the connection, and what went on the wire. */
  note(event: Event, before: Kept, after: State): void {
    // What a timer brings shows in the other two.
    if (event.is !== 'time') this.#write('<', event, after.now);
    if (after.link.is !== before.link.is) this.#write('=', after.link, after.now);
    for (const frame of after.frames) this.#write('>', frame, after.now);
  }

  report(state: Kept): Record<string, unknown> {
    const shown = (what: unknown) => JSON.parse(JSON.stringify(what, SHOWN));
    const messages = state.history.messages.length;
    const unsent = shown(state.outbox);
    return { ...shown(state), messages, unsent, diary: [...this.#entries] };
  }

  #write(mark: '<' | '=' | '>', entry: object, at: number): void {
    this.#entries.push({ at, what: `${mark} ${JSON.stringify(entry, SHOWN)}` });
    if (this.#entries.length > LENGTH) this.#entries.shift();
  }
}
