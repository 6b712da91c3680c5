// Breaks the client in each way of mutants.json and sees that the tests notice. First it sees that they pass.
// `npm run test:mutants -- 3 7` tries only those two.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const LIMIT = 300_000;
const mutants = JSON.parse(readFileSync(new URL('mutants.json', import.meta.url), 'utf8'));

/** Runs the client's tests, with one mutant or with none. */
async function tests(number) {
  const chosen = number === undefined ? {} : { MUTANT: String(number) };
  const env = { ...process.env, ...chosen, MODEL_RUNS: '200' };
  const names = ['vitest', 'run', '--project', 'unit', 'src/lib/w', '--bail', '1'];
  const run = spawn('npx', names, { env, stdio: ['ignore', 'pipe', 'ignore'], timeout: LIMIT });
  let said = '';
  run.stdout.on('data', text => {
    said += text;
  });
  const [code] = await once(run, 'close');
  return { passed: code === 0, applied: !said.includes('has no place') };
}

async function worker(numbers, killed) {
  for (let number = numbers.shift(); number !== undefined; number = numbers.shift()) {
    const { passed, applied } = await tests(number);
    const dead = !passed && applied;
    const { why, file } = mutants[number];
    console.log(`${dead ? 'killed  ' : 'SURVIVED'} ${number} ${file}: ${why}`);
    if (dead) killed.push(number);
  }
}

const asked = process.argv.slice(2).map(Number);
const numbers = asked.length > 0 ? asked : [...mutants.keys()];
const all = numbers.length;
if (!(await tests()).passed) throw new Error('the tests fail without any mutant');
const killed = [];
await Promise.all(Array.from({ length: availableParallelism() }, () => worker(numbers, killed)));
console.log(`${killed.length} passed, ${all - killed.length} failed`);
process.exitCode = killed.length === all ? 0 : 1;
