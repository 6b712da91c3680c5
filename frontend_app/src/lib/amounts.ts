// Amounts as cooks read them: scaled for another number of people, rounded as one measures in a kitchen, with the unit
// in the plural where it belongs. Pure; what is not a number stays as it was written.

import type { Ingredient } from '@recipe-chat/client';

const FRACTIONS: readonly (readonly [number, string])[] = [
  [0, ''],
  [1 / 8, '1/8'],
  [1 / 4, '1/4'],
  [1 / 3, '1/3'],
  [1 / 2, '1/2'],
  [2 / 3, '2/3'],
  [3 / 4, '3/4'],
  [1, ''],
];
const UNICODE_FRACTIONS: Record<string, string> = {
  '¼': '1/4',
  '½': '1/2',
  '¾': '3/4',
  '⅓': '1/3',
  '⅔': '2/3',
  '⅛': '1/8',
};
const SIGNS = new Map(Object.entries(UNICODE_FRACTIONS).map(([sign, text]) => [text, sign]));
/** Units that are weighed or poured to the gram; and what a thousand of them are called. */
const METRIC: Record<string, string | null> = { g: 'kg', ml: 'l', kg: null, l: null };
/** Words that get an "s" from more than one on. */
const COUNTED =
  /^(cup|clove|tin|can|slice|splash|pinch|stick|sprig|bunch|piece|packet|pack|jar|bottle|glass|handful|dash|drop|head|stalk|leaf|knob|sheet|bag|box|pint|quart|ounce|pound|teaspoon|tablespoon)$/i;

export interface Amount {
  /** What stands before the name: "1½ cups". */
  before: string;
  /** What stands after the name: "to taste". */
  after: string;
}

/** The amount of an ingredient for `factor` times as many people. */
export function amountOf({ quantity, unit }: Ingredient, factor = 1): Amount {
  const words = [quantity, unit].filter(Boolean).join(' ');
  const numbers = readQuantity(quantity);
  if (!numbers) return isWords(words) ? { before: '', after: words } : { before: words, after: '' };
  const scaled = numbers.map(value => value * factor);
  const largest = Math.max(...scaled);
  const bigger = METRIC[unit];
  if (bigger && largest >= 1_000)
    return { before: `${decimals(scaled, 1_000)} ${bigger}`, after: '' };
  const isUnchanged = factor === 1;
  const text = isUnchanged ? quantity : rounded(scaled, unit);
  const before = [withSigns(text), unitText(unit, largest)].filter(Boolean).join(' ');
  return { before, after: '' };
}

export function unitText(unit: string, count: number): string {
  if (count <= 1 || !COUNTED.test(unit)) return unit;
  if (/leaf$/i.test(unit)) return unit.replace(/f$/i, 'ves');
  return /(s|x|ch|sh)$/i.test(unit) ? `${unit}es` : `${unit}s`;
}

/** One number, or the two of a range; null for anything else. */
export function readQuantity(text: string): number[] | null {
  const plain = text.replace(/[¼½¾⅓⅔⅛]/g, one => ` ${UNICODE_FRACTIONS[one]}`).trim();
  const parts = plain.split(/\s*(?:-|–|to)\s*/);
  const numbers = parts.map(readNumber);
  return parts.length <= 2 && numbers.every(value => value !== null) ? numbers : null;
}

function readNumber(text: string): number | null {
  const found = /^(?:(\d+(?:[.,]\d+)?)(?:\s+(?=\d+\/)|$))?(?:(\d+)\/([1-9]\d*))?$/.exec(text);
  if (!found || text === '') return null;
  const [, whole = '0', top = '0', bottom = '1'] = found;
  return Number(whole.replace(',', '.')) + Number(top) / Number(bottom);
}

/** "1 1/2" as one reads it: "1½". */
export const withSigns = (text: string) =>
  text.replace(/(?<![\d/.,])(?:(\d+) )?(\d\/\d)(?![\d/])/g, (all, whole = '', fraction) =>
    SIGNS.has(fraction) ? `${whole}${SIGNS.get(fraction)}` : all,
  );

const isWords = (text: string) => text !== '' && !/\d/.test(text);

function rounded(values: readonly number[], unit: string): string {
  const write = unit in METRIC ? metricText : kitchenText;
  return [...new Set(values.map(write))].join('–');
}

/** To the gram up to 20, to five grams up to 200, to ten beyond; smaller amounts with one decimal. */
function metricText(value: number): string {
  const step = value >= 200 ? 10 : value >= 20 ? 5 : value >= 10 ? 1 : 0.1;
  return trimmed(Math.max(step, Math.round(value / step) * step));
}

/** The nearest of the fractions that spoons and cups have; whole numbers from ten on. */
function kitchenText(value: number): string {
  if (value >= 10) return String(Math.round(value));
  const whole = Math.floor(value);
  const rest = value - whole;
  const nearest = FRACTIONS.reduce((best, one) =>
    Math.abs(one[0] - rest) < Math.abs(best[0] - rest) ? one : best,
  );
  const carried = nearest[0] === 1 ? whole + 1 : whole;
  const text = [carried > 0 ? String(carried) : '', nearest[1]].filter(Boolean).join(' ');
  return text || '1/8';
}

const decimals = (values: readonly number[], unit: number) =>
  [...new Set(values.map(value => trimmed(Math.round((value / unit) * 100) / 100)))].join('–');

const trimmed = (value: number) => String(Number(value.toFixed(2)));
