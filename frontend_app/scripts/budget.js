// Measures what a visitor downloads, and the client library alone and with all that the app plugs into it, and fails
// when a size is over its limit (KiB, gzip). `npm run build` first.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { FROM_SOURCE } from './from-source.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const kibibytes = bytes => gzipSync(bytes, { level: 9 }).length / 1024;

function firstLoad(extension) {
  const page = readFileSync(`${root}/dist/index.html`, 'utf8');
  const files = [...page.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(found => found[1]);
  // An array grows while it is walked through: what these files import is walked through too.
  for (const name of files) files.push(...importsOf(name).filter(found => !files.includes(found)));
  return files
    .filter(name => name.endsWith(extension))
    .reduce((sum, name) => sum + kibibytes(readFileSync(`${root}/dist${name}`)), 0);
}

function importsOf(name) {
  if (!name.endsWith('.js')) return [];
  const source = readFileSync(`${root}/dist${name}`, 'utf8');
  const found = source.matchAll(/(?:from|import)\s*["']\.\/([^"']+)["']/g);
  return [...found].map(([, file]) => `/assets/${file}`);
}

/** Built as the app is, each part on top of those before it; React is not counted. */
const PARTS = {
  'manager, protocol, tokens': `export { WebSocketManager } from '@recipe-chat/client';`,
  'check of every frame': `export { readServerFrame } from '@recipe-chat/client/validate';`,
  'hook for React': `export { Chats, ChatsContext, useWebSocket } from '@recipe-chat/react';`,
  'renewal of tokens over all tabs': `export { StoredTokens } from '/src/lib/auth/stored-tokens.ts';`,
  'unsent messages in IndexedDB': `export { indexedDbOutbox, clearOutboxes } from '@recipe-chat/client/indexed-db';`,
  'event log for fault reports': `export { EventLog } from '@recipe-chat/client/event-log';`,
};

async function library(source) {
  const entry = '\0library';
  const bundle = await build({
    root,
    logLevel: 'error',
    configFile: false,
    ...FROM_SOURCE,
    plugins: [
      {
        name: 'library-entry',
        resolveId: id => (id === entry ? id : null),
        load: id => (id === entry ? source : null),
      },
    ],
    build: {
      write: false,
      target: 'baseline-widely-available',
      modulePreload: false,
      rolldownOptions: {
        input: entry,
        external: ['react'],
        preserveEntrySignatures: 'strict',
      },
    },
  });
  return kibibytes(bundle.output[0].code);
}

async function sizesOfParts() {
  let source = '';
  const sizes = [];
  for (const [what, part] of Object.entries(PARTS)) {
    source += part;
    sizes.push([what, await library(source)]);
  }
  return sizes;
}

const parts = await sizesOfParts();
const rows = [
  ['JavaScript at first load', firstLoad('.js'), 95],
  ['CSS at first load', firstLoad('.css'), 8],
  ['client library alone', parts[0][1], 6],
  ['client library with all that the app plugs into it', parts.at(-1)[1], 9.25],
];
let failed = 0;
for (const [what, size, limit] of rows) {
  const fits = size <= limit && size > 0;
  failed += fits ? 0 : 1;
  console.log(`${fits ? 'ok  ' : 'OVER'} ${what}: ${size.toFixed(2)} KiB of ${limit}`);
}
for (const [at, [what, size]] of parts.entries())
  console.log(
    `     ${at > 0 ? '+' : ' '} ${what}: ${(size - (parts[at - 1]?.[1] ?? 0)).toFixed(2)}`,
  );
console.log(`files: ${readdirSync(`${root}/dist/assets`).join(' ')}`);
console.log(`${rows.length - failed} passed, ${failed} failed`);
process.exitCode = failed;
