// JSON that every server can read: a lone surrogate (half an emoji, as a cut in the middle of a text leaves it) is not
// valid UTF-8, and the server would refuse the whole message.

export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_, part) => (typeof part === 'string' ? wellFormed(part) : part));
}

/** The text with U+FFFD for each lone surrogate; as it is in engines from before 2024. */
export function wellFormed(text: string): string {
  return text.toWellFormed?.() ?? text;
}
