// How people are shown: their initial, and a colour that stays the same everywhere.

const COLORS = 6;

export function initialOf(name: string): string {
  const [first = '?'] = name.trim();
  return first.toLocaleUpperCase('en');
}

/** The class of a person's colour. */
export function colorOf(id: string): string {
  let hash = 0;
  for (const letter of id) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 65_521;
  return `who-${(hash % COLORS) + 1}`;
}
