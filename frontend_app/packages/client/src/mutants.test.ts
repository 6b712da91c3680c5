// The mutants of `npm run test:mutants` must still fit the code that they break.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import mutants from '../../../scripts/mutants.json';

const root = join(import.meta.dirname, '../../..');

describe('each mutant', () => {
  it.each(mutants)('has its place in the source: $why', ({ file, find, replace }) => {
    const code = readFileSync(join(root, file), 'utf8');
    expect(code.split(find)).toHaveLength(2);
    expect(replace).not.toBe(find);
  });
});
