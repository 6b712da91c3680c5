// JSON that every server can read: a lone surrogate (half an emoji, as a cut in the middle of a text leaves it) is not
// valid UTF-8, and the server would refuse the whole message.

export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_, part) => (typeof part === 'string' ? wellFormed(part) : part));
}

/** The text with U+FFFD for each lone surrogate. */
export function wellFormed(text: string): string {
  // Older browsers lack the method; encoding and decoding does the same.
  return (
    text.toWellFormed?.() ??
    new TextDecoder('utf-8', KEEP_BOM).decode(new TextEncoder().encode(text))
  );
}

/** A U+FEFF at the start is part of the text. */
const KEEP_BOM = { ignoreBOM: true };
