// Runs the client's tests with each mutant of mutants.json, which must make them fail. First without any: they must
// pass; `--tested` says that they just did.
// `npm run test:mutants -- 3 7` tries only those two.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const RUN_TIMEOUT = 300_000;
const mutants = JSON.parse(readFileSync(new URL('mutants.json', import.meta.url), 'utf8'));

/** Runs the client's tests, with one mutant or with none. */
async function runTests(number) {
  const mutant = number === undefined ? {} : { MUTANT: String(number) };
  const env = { ...process.env, ...mutant, MODEL_RUNS: '200' };
  const names = ['vitest', 'run', '--project', 'unit', 'packages/client/', '--bail', '1'];
  const run = spawn('npx', names, {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: RUN_TIMEOUT,
  });
  let output = '';
  run.stdout.on('data', text => {
    output += text;
  });
  const [code] = await once(run, 'close');
  return { passed: code === 0, applied: !output.includes('does not fit') };
}

async function worker(numbers, killed) {
  for (let number = numbers.shift(); number !== undefined; number = numbers.shift()) {
    const { passed, applied } = await runTests(number);
    const isKilled = !passed && applied;
    const { why, file } = mutants[number];
    console.log(`${isKilled ? 'killed  ' : 'SURVIVED'} ${number} ${file}: ${why}`);
    if (isKilled) killed.push(number);
  }
}

const isTested = process.argv.includes('--tested');
const requested = process.argv
  .slice(2)
  .filter(word => word !== '--tested')
  .map(Number);
const numbers = requested.length > 0 ? requested : [...mutants.keys()];
const all = numbers.length;
if (!isTested && !(await runTests()).passed) throw new Error('the tests fail without any mutant');
const killed = [];
await Promise.all(Array.from({ length: availableParallelism() }, () => worker(numbers, killed)));
console.log(`${killed.length} passed, ${all - killed.length} failed`);
process.exitCode = killed.length === all ? 0 : 1;
