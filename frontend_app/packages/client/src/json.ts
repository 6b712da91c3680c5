// JSON that every server can read: a lone surrogate (half an emoji, as a cut in the middle of a text leaves it) is not
// valid UTF-8, and the server would refuse the whole message.

export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_, part) => (typeof part === 'string' ? wellFormed(part) : part));
}

/** The text with U+FFFD for each lone surrogate. With the flag `u` the two halves of a pair are one character. */
export function wellFormed(text: string): string {
  return text.replace(/[\uD800-\uDFFF]/gu, '\uFFFD');
}
