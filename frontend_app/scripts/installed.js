// Measures what `npm ci` installs, and fails when it is too large: contributors wait for it.
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const MAX_MEGABYTES = 300;
const root = join(import.meta.dirname, '../node_modules');

const sizes = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .map(name => lstatSync(join(root, name)))
  .filter(entry => entry.isFile())
  .map(({ size }) => size);
const megabytes = sizes.reduce((sum, size) => sum + size, 0) / 1_000_000;
const fits = megabytes <= MAX_MEGABYTES;
console.log(
  `${fits ? 'ok  ' : 'OVER'} node_modules: ${megabytes.toFixed(0)} MB of ${MAX_MEGABYTES}, ${sizes.length} files`,
);
console.log(fits ? '1 passed, 0 failed' : '0 passed, 1 failed');
process.exitCode = fits ? 0 : 1;
