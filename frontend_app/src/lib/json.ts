// JSON that every server reads: half an emoji (a lone surrogate, as a cut in the middle of a text leaves it) has no
// place in UTF-8, and would have the whole message refused.

export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_, part) => (typeof part === 'string' ? wellFormed(part) : part));
}

/** The text with U+FFFD for each lone surrogate. */
export function wellFormed(text: string): string {
  // Older browsers lack the method; the detour over UTF-8 does the same.
  return (
    text.toWellFormed?.() ??
    new TextDecoder('utf-8', KEEP_ALL).decode(new TextEncoder().encode(text))
  );
}

/** A U+FEFF at the start is text, not a mark. */
const KEEP_ALL = { ignoreBOM: true };
