// Texts that are not valid UTF-8, with and without the browser's own method.
import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { jsonText, wellFormed } from './json.ts';

const own = String.prototype.toWellFormed;

afterEach(() => {
  String.prototype.toWellFormed = own;
});

describe.each(['with', 'without'])('text %s the method of newer browsers', how => {
  const prepare = () => {
    if (how === 'without') Reflect.deleteProperty(String.prototype, 'toWellFormed');
  };

  it('gets U+FFFD for each half of an emoji, and is unchanged otherwise', () => {
    prepare();
    expect(wellFormed('\ud83d and \udd5e\udd5e, 🥞')).toBe('\ufffd and \ufffd\ufffd, 🥞');
    expect(wellFormed('\ufeffmarked')).toBe('\ufeffmarked');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        expect(wellFormed(text)).toBe(text);
      }),
    );
  });

  it('goes into JSON that needs no escape outside UTF-8', () => {
    prepare();
    const text = jsonText({ content: 'half \ud83d', list: ['\udd5e', 1, null] });
    expect(JSON.parse(text)).toEqual({ content: 'half \ufffd', list: ['\ufffd', 1, null] });
    expect(text).not.toContain('\\u');
  });
});
