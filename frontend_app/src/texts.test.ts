// Every text of the app: in the words of a native speaker, and written in English wherever its reader is.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { texts } from './texts';
import { lazyTexts } from './texts-lazy';

/** Words that no native speaker would choose here, each with what an app says instead. */
const STRANGE: readonly (readonly [RegExp, string])[] = [
  [/bring (it )?in\b|bring in a recipe/i, 'Import'],
  [/may come in|come in any ?more|comes in\b/i, 'can now edit, no longer has access'],
  [/can (change|read) it/i, 'Can edit, Can view'],
  [/as the system/i, 'Theme: System'],
  [/this minute|min\. ago/i, 'just now, 1 min ago'],
  [/leave the message/i, 'Leave the field'],
  [/bring back your/i, 'Your last message again'],
  [/nobody can have that name/i, 'This name is taken'],
  [/save as schema\.org/i, 'Export as JSON-LD'],
  [/renews itself/i, 'renewed automatically'],
  [/nothing here for you/i, 'Nothing is here'],
  [/ask anything/i, 'what one can really say'],
  [/successfully|please\b|oops|invalid (input|value)/i, 'what happened'],
  [/\bcolou?rs:/i, 'Theme'],
];

/** All texts; those with gaps are filled with what stands there. */
function allOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'function') {
    const filled = [3, 1, 'ada', ['ada', 'leo']].map(part => {
      try {
        return String(value(part, 'Changed the recipe'));
      } catch {
        return '';
      }
    });
    return filled;
  }
  return value && typeof value === 'object' ? Object.values(value).flatMap(allOf) : [];
}

describe('the texts', () => {
  const all = [...allOf(texts), ...allOf(lazyTexts)].filter(text => text !== '');

  it('are in words that an app has for them', () => {
    expect(all.length).toBeGreaterThan(200);
    const found = all.flatMap(text =>
      STRANGE.filter(([words]) => words.test(text)).map(([, better]) => `${text} → ${better}`),
    );
    expect(found).toEqual([]);
  });

  it('have typographic apostrophes and quotes, and no double spaces', () => {
    expect(all.filter(text => /\w'\w| {2}|\.\.\.(?! “|$)/.test(text))).toEqual([]);
  });

  it('tell what a button did as a sentence, and what is no deed after a colon', () => {
    expect(texts.systemLine('ada', 'Made the recipe public: everybody may read it')).toBe(
      'ada made the recipe public: everybody may read it',
    );
    expect(texts.systemLine('You', 'Started a timer of 2 minutes')).toBe(
      'You started a timer of 2 minutes',
    );
    expect(texts.systemLine('ada', 'leo can now edit')).toBe('ada: leo can now edit');
  });
});

describe('dates and times', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  it.each([['de-DE'], ['fr', 'ja'], []])('are English for a reader of %s', async (...languages) => {
    vi.stubGlobal('navigator', { languages });
    vi.resetModules();
    const { agoText, dayText, numberText } = await import('./texts');
    const now = Date.parse('2026-03-20T12:00:00');
    const ago = (minutes: number) => agoText(minutes * 60_000, now);
    expect([ago(0), ago(1), ago(125), ago(24 * 60)]).toEqual([
      'just now',
      '1 min ago',
      '2 hr ago',
      'yesterday',
    ]);
    expect(dayText('2026-03-02T12:00:00', now)).toMatch(/^Monday.* March|^Monday, March 2$/);
    expect(numberText(1_234)).toBe('1,234');
  });

  it('are written as in the English that its reader prefers', async () => {
    vi.stubGlobal('navigator', { languages: ['de', 'en-GB', 'en-US'] });
    vi.resetModules();
    const { dayText } = await import('./texts');
    const now = Date.parse('2026-03-20T12:00:00');
    expect(dayText('2026-03-02T12:00:00', now)).toBe('Monday 2 March');
  });
});
