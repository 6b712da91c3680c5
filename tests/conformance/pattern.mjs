// What a frame has to look like, and what a frame is made of: values in which "$words" stand for others.
//
//   $any, $string, $integer, $true, $absent   any value, of this kind, or none
//   $as:NAME                                   any value, known as $NAME from then on
//   $NAME                                      what is known by that name: tokens, users, the recipe, what was kept
//   $repeat:N                                  a text of N characters
//   {"$not": PATTERN}                          anything else
//   {"$near": TIME}                            a time within a second of it

const KINDS = {
  $any: value => value !== undefined,
  $string: value => typeof value === 'string' && value !== '',
  $integer: value => Number.isSafeInteger(value) && value >= 0,
  $absent: value => value === undefined || value === null,
};

/** The value with everything that is known in place of its name. */
export function filled(value, known) {
  if (typeof value === 'string' && value.startsWith('$repeat:')) return 'a'.repeat(Number(value.slice(8)));
  if (typeof value === 'string' && known[value.slice(1)] !== undefined && value.startsWith('$'))
    return known[value.slice(1)];
  if (typeof value === 'string')
    return value.replace(/\$([a-z][a-z0-9_]*(?:\.[a-z_]+)?)/g, (text, name) => known[name] ?? text);
  if (Array.isArray(value)) return value.map(part => filled(part, known));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, filled(part, known)]));
}

/** Null, or where the value is another than the pattern says. Keys that a pattern does not name do not count. */
export function difference(pattern, value, known, path = '') {
  if (typeof pattern === 'string' && pattern in KINDS)
    return KINDS[pattern](value) ? null : `${path} is ${JSON.stringify(value)}, not ${pattern}`;
  if (typeof pattern === 'string' && pattern.startsWith('$as:')) {
    known[pattern.slice(4)] = value;
    return value === undefined ? `${path} is missing` : null;
  }
  if (typeof pattern === 'string' && /^\$[a-z][a-z0-9_.]*$/.test(pattern)) {
    const wanted = known[pattern.slice(1)];
    return Object.is(wanted, value) ? null : `${path} is ${JSON.stringify(value)}, not ${JSON.stringify(wanted)}`;
  }
  if (pattern?.$near !== undefined) {
    const wanted = filled(pattern.$near, known);
    const isNear = Math.abs(Date.parse(value) - Date.parse(wanted)) <= 1_000;
    return isNear ? null : `${path} is ${JSON.stringify(value)}, not about ${wanted}`;
  }
  if (pattern?.$not !== undefined)
    return difference(pattern.$not, value, known) ? null : `${path} is ${JSON.stringify(value)} again`;
  if (typeof pattern !== 'object' || pattern === null)
    return Object.is(pattern, value) ? null : `${path} is ${JSON.stringify(value)}, not ${JSON.stringify(pattern)}`;
  if (typeof value !== 'object' || value === null) return `${path} is ${JSON.stringify(value)}`;
  if (Array.isArray(pattern) && pattern.length !== value.length)
    return `${path} has ${value.length} parts, not ${pattern.length}`;
  for (const [key, part] of Object.entries(pattern)) {
    const found = difference(part, value[key], known, `${path}/${key}`);
    if (found) return found;
  }
  return null;
}
