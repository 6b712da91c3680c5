// The last 200 things that happened, for people who look for a fault. What is written down is chosen by name, so
// that no token, no text and no recipe gets in: what is not listed here is left out.

import type { ClientFrame } from './protocol';
import type { Event, Link, State } from './state';

export interface DiaryEntry {
  at: number;
  what: string;
}

const LENGTH = 200;
/** Names of the envelope, of closes, and of what reduce.ts decides by. */
const SHOWN =
  'is frame type id payload in_reply_to code reason why until reauth deadline tries link generation attempt mended proven outageSince noise hidden offline session revision history outbox status failure pausedUntil'.split(
    ' ',
  );

export class Diary {
  readonly #entries: DiaryEntry[] = [];

  note(at: number, mark: '<' | '=' | '>', entry: Event | Link | ClientFrame): void {
    this.#entries.push({ at, what: `${mark} ${JSON.stringify(entry, SHOWN)}` });
    if (this.#entries.length > LENGTH) this.#entries.shift();
  }

  report(state: State): Record<string, unknown> {
    const shown = (what: unknown) => JSON.parse(JSON.stringify(what, SHOWN));
    const messages = state.history.messages.length;
    const unsent = shown(state.outbox.messages);
    return { ...shown(state), messages, unsent, diary: [...this.#entries] };
  }
}
