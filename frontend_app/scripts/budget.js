// Weighs what a visitor downloads, and the client library alone, and fails when they got too heavy (KiB, gzip).
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const kib = bytes => gzipSync(bytes, { level: 9 }).length / 1024;

function firstLoad(extension) {
  const page = readFileSync(`${root}/dist/index.html`, 'utf8');
  const files = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(found => found[1]);
  return files
    .filter(name => name.endsWith(extension))
    .reduce((sum, name) => sum + kib(readFileSync(`${root}/dist${name}`)), 0);
}

/** All that the app ships of the client, without React: manager, rules, validator, token source, outbox store. */
async function library() {
  const entry = '\0library';
  const made = await build({
    root,
    logLevel: 'error',
    configFile: false,
    plugins: [
      {
        name: 'library-entry',
        resolveId: id => (id === entry ? id : null),
        load: id =>
          id === entry
            ? `export { WebSocketManager } from '/src/lib/websocket.ts';
               export { indexedDbOutbox, clearOutboxes } from '/src/lib/outbox-store.ts';`
            : null,
      },
    ],
    build: {
      write: false,
      target: 'baseline-widely-available',
      modulePreload: false,
      rolldownOptions: { input: entry, preserveEntrySignatures: 'strict' },
    },
  });
  return kib(made.output[0].code);
}

const rows = [
  ['JavaScript at first load', firstLoad('.js'), 85],
  ['CSS at first load', firstLoad('.css'), 6],
  // Meant to be 5: see docs/decisions/0002-the-weight-of-the-client-library.md.
  ['client library alone', await library(), 7.8],
];
let failed = 0;
for (const [what, size, limit] of rows) {
  const fits = size <= limit && size > 0;
  failed += fits ? 0 : 1;
  console.log(`${fits ? 'ok  ' : 'OVER'} ${what}: ${size.toFixed(1)} KiB of ${limit}`);
}
console.log(`files: ${readdirSync(`${root}/dist/assets`).join(' ')}`);
console.log(`${rows.length - failed} passed, ${failed} failed`);
process.exitCode = failed;
