// The last 200 things that happened, for people who look for a fault. Keeps no token and no message text.

import type { Effect, Event } from './state';

export interface DiaryEntry {
  at: number;
  what: string;
  details?: Record<string, unknown>;
}

const LENGTH = 200;
const PRIVATE = ['token', 'content', 'outbox', 'messages', 'recipe', 'previous', 'user', 'author'];

export class Diary {
  #entries: DiaryEntry[] = [];

  write(at: number, what: string, details?: Record<string, unknown>): void {
    if (this.#entries.length >= LENGTH) this.#entries.shift();
    this.#entries.push(details ? { at, what, details } : { at, what });
  }

  note(at: number, mark: '<' | '>', entry: Event | Effect): void {
    const { is, ...details } = entry;
    this.write(at, `${mark} ${is}`, entry.is === 'frame' ? frameDetails(entry) : redacted(details));
  }

  get entries(): readonly DiaryEntry[] {
    return [...this.#entries];
  }
}

/** Frames are many and may be large: only what they are is kept. */
function frameDetails({ frame: { type, id, payload } }: Event & { is: 'frame' }) {
  const in_reply_to = 'in_reply_to' in payload ? payload.in_reply_to : undefined;
  return { type, id, in_reply_to };
}

function redacted(value: Record<string, unknown>): Record<string, unknown> {
  const visible = Object.entries(value).map(([key, item]): [string, unknown] => {
    if (PRIVATE.includes(key) || key === 'not') return [key, item == null ? item : '[redacted]'];
    const nested = typeof item === 'object' && item !== null;
    return [key, nested ? redacted(item as Record<string, unknown>) : item];
  });
  return Object.fromEntries(visible);
}
