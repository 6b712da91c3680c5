// Texts that are not valid UTF-8.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonText, wellFormed } from './json.ts';

describe('text', () => {
  it('gets U+FFFD for each half of an emoji, and is unchanged otherwise', () => {
    expect(wellFormed('\ud83d and \udd5e\udd5e, 🥞')).toBe('\ufffd and \ufffd\ufffd, 🥞');
    expect(wellFormed('\ufeffmarked')).toBe('\ufeffmarked');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        expect(wellFormed(text)).toBe(text);
        const cut = text.slice(1);
        expect(wellFormed(cut)).toBe(cut.toWellFormed());
      }),
    );
  });

  it('goes into JSON that needs no escape outside UTF-8', () => {
    const text = jsonText({ content: 'half \ud83d', list: ['\udd5e', 1, null] });
    expect(JSON.parse(text)).toEqual({ content: 'half \ufffd', list: ['\ufffd', 1, null] });
    expect(text).not.toContain('\\u');
  });
});
