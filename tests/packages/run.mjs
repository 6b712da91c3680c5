// Tries the npm packages as everybody else gets them: packed, installed into new projects, built and run there against
// the real binary, with the code that their pages show; and what the documents have people type. RECIPE_CHAT_BIN names
// the binary; npm's registry is needed. `node tests/packages/run.mjs Vite` runs only what has that word in its name.
import { tests as documents } from './documents.mjs';
import { tests as packages } from './packages.mjs';
import { cleanUp, pack, startServer } from './support.mjs';

const wanted = Object.entries({ ...packages, ...documents }).filter(([name]) => name.includes(process.argv[2] ?? ''));
let failed = 0;
try {
  pack();
  const url = await startServer();
  for (const [name, test] of wanted) {
    const started = Date.now();
    let problem = '';
    try {
      await test(url);
    } catch (error) {
      failed += 1;
      problem = `\n${error.message}\n${error.stdout ?? ''}${error.stderr ?? ''}`;
    }
    const seconds = ((Date.now() - started) / 1_000).toFixed(1);
    console.log(`${problem ? 'FAILED' : 'ok    '} ${seconds} s  ${name}${problem}`);
  }
} finally {
  await cleanUp();
}
console.log(`${wanted.length - failed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
