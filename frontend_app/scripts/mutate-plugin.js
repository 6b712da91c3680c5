// Applies one mutant to the client's code while the tests load it: MUTANT is its index in mutants.json.
// No file is written. Does nothing without MUTANT.
import { readFileSync } from 'node:fs';

export function mutate() {
  const number = process.env.MUTANT;
  const mutants = JSON.parse(readFileSync(new URL('mutants.json', import.meta.url), 'utf8'));
  const mutant = number === undefined ? null : mutants[Number(number)];
  return {
    name: 'mutate',
    enforce: 'pre',
    transform(code, id) {
      if (!mutant || !id.endsWith(mutant.file)) return null;
      if (!code.includes(mutant.find)) throw new Error(`mutant ${number} does not fit ${id}`);
      return { code: code.replace(mutant.find, mutant.replace), map: null };
    },
  };
}
