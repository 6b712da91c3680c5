// The times that a step names, so that each can be a button that starts a timer. Pure.

/** A piece of a step's text; `seconds` when it is a time. */
export interface StepPart {
  text: string;
  seconds: number | null;
}

const NUMBER = String.raw`\d+(?:[.,]\d+)?(?:\s*[½¼¾]|\s+\d\/\d|\/\d+)?|[½¼¾]`;
const UNIT = String.raw`(?:seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h)\b`;
/** "20 minutes", "20 to 25 min", "a 90-second", "1 hour and 30 minutes". */
const TIME = new RegExp(
  String.raw`(?<![\w/.])(?:(?:${NUMBER})(?:\s*(?:-|–|to|or)\s*(?:${NUMBER}))?[\s-]*${UNIT})(?:(?:\s+and)?\s+(?:${NUMBER})[\s-]*(?:minutes?|mins?)\b)?`,
  'gi',
);
const NUMBER_AND_UNIT = new RegExp(
  String.raw`(${NUMBER})(?:\s*(?:-|–|to|or)\s*(?:${NUMBER}))?[\s-]*(${UNIT})`,
  'gi',
);
const FRACTIONS: Record<string, number> = { '½': 0.5, '¼': 0.25, '¾': 0.75 };
/** Longer ones are no timers, as "rest 3 hours" is, but waits: still offered up to a day. */
const MAX_SECONDS = 86_400;

export function stepParts(text: string): StepPart[] {
  const parts: StepPart[] = [];
  let from = 0;
  for (const found of text.matchAll(TIME)) {
    const seconds = secondsOf(found[0]);
    if (seconds < 1 || seconds > MAX_SECONDS) continue;
    if (found.index > from) parts.push({ text: text.slice(from, found.index), seconds: null });
    parts.push({ text: found[0], seconds });
    from = found.index + found[0].length;
  }
  if (from < text.length) parts.push({ text: text.slice(from), seconds: null });
  return parts;
}

/** The shorter time of a range; "1 hour and 30 minutes" is one time. */
function secondsOf(time: string): number {
  let seconds = 0;
  for (const [, number = '', unit = ''] of time.matchAll(NUMBER_AND_UNIT))
    seconds += numberOf(number) * secondsOfUnit(unit);
  return Math.round(seconds);
}

function secondsOfUnit(unit: string): number {
  return { s: 1, m: 60, h: 3_600 }[unit[0]?.toLowerCase() ?? ''] ?? 0;
}

function numberOf(text: string): number {
  let value = 0;
  for (const [part] of text.matchAll(/\d+\/\d+|\d+(?:[.,]\d+)?|[½¼¾]/g)) {
    const [top = '', bottom] = part.split('/');
    value += FRACTIONS[part] ?? Number(top.replace(',', '.')) / Number(bottom ?? 1);
  }
  return value;
}
