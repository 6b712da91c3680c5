// Breaks the client in each way of mutants.json and sees that the tests notice.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const mutants = JSON.parse(readFileSync(new URL('mutants.json', import.meta.url), 'utf8'));
let killed = 0;
for (const [number, { why, file }] of mutants.entries()) {
  const env = { ...process.env, MUTANT: String(number), MODEL_RUNS: '200' };
  const arguments_ = ['vitest', 'run', '--project', 'unit', 'src/lib/ws', '--bail', '1'];
  const { status, stdout } = spawnSync('npx', arguments_, {
    env,
    encoding: 'utf8',
    timeout: 120_000,
  });
  const applied = !stdout.includes('finds nothing');
  const dead = status !== 0 && applied;
  killed += dead ? 1 : 0;
  console.log(`${dead ? 'killed  ' : 'SURVIVED'} ${file}: ${why}`);
}
console.log(`${killed} passed, ${mutants.length - killed} failed`);
process.exitCode = killed === mutants.length ? 0 : 1;
