// Measures what a page gets of our client and of those beside it on docs/clients.md: each package as npm has it (ours as
// `npm pack` makes it), its client alone, bundled with Vite, gzip. Fails when the page names another size, or shows first
// lines that do not fit the package's own types. npm's registry is needed.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

const ROOT = join(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/clients.md'), 'utf8');
const STEP_TIMEOUT = 600_000;

/** What a page takes of each; in the order of the table's columns. */
const CLIENTS = [
  ['@recipe-chat/client', "export { WebSocketManager } from '@recipe-chat/client';"],
  ['centrifuge@5.8.0', "export { Centrifuge } from 'centrifuge';"],
  ['ably@2.28.0', "export { BaseRealtime, FetchRequest, WebSocketTransport } from 'ably/modular';"],
  ['ably@2.28.0', "export { Realtime } from 'ably';"],
  ['@liveblocks/client@3.24.2', "export { createClient } from '@liveblocks/client';"],
  ['socket.io-client@4.8.4', "export { io } from 'socket.io-client';"],
  ['convex@1.49.0', "export { ConvexClient } from 'convex/browser';"],
];

/** What the first lines take as given. */
const GIVEN = `
import type { AuthOptions } from 'ably';
declare global {
  const getToken: () => Promise<string>;
  const fetchToken: () => Promise<string | null>;
  const authCallback: NonNullable<AuthOptions['authCallback']>;
  const token: string;
  const api: typeof import('convex/server').anyApi;
}
`;
const COMPILER = {
  strict: false,
  noEmit: true,
  skipLibCheck: true,
  allowJs: true,
  checkJs: true,
  target: 'es2022',
  module: 'esnext',
  moduleResolution: 'bundler',
  types: [],
};

const folder = mkdtempSync(join(tmpdir(), 'recipe-chat-sizes-'));
const run = (where, program, ...args) =>
  execFileSync(program, args, { cwd: where, encoding: 'utf8', stdio: 'pipe', timeout: STEP_TIMEOUT });

function install() {
  const pack = ['--workspace', '@recipe-chat/client', '--pack-destination', folder, '--json'];
  const [{ filename }] = JSON.parse(run(join(ROOT, 'frontend_app'), 'npm', 'pack', '--silent', ...pack));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const others = new Set(CLIENTS.slice(1).map(([name]) => name));
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  run(folder, 'npm', 'install', ...flags, join(folder, filename), ...others, 'vite@8.3.8', 'typescript@5.9.3');
}

async function sizeOf(build, source) {
  const entry = '\0entry';
  const { output } = await build({
    root: folder,
    logLevel: 'error',
    configFile: false,
    plugins: [
      { name: 'entry', resolveId: id => (id === entry ? id : null), load: id => (id === entry ? source : null) },
    ],
    build: {
      write: false,
      target: 'baseline-widely-available',
      modulePreload: false,
      rolldownOptions: { input: entry, preserveEntrySignatures: 'strict' },
    },
  });
  const chunks = output.filter(({ type }) => type === 'chunk');
  return chunks.reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length / 1024, 0);
}

/** The numbers in the row of sizes, and the blocks of code by the package that their first line names. */
const documented = (/^\| size \|(.*)$/m.exec(PAGE)?.[1].match(/\d+\.\d/g) ?? []).map(Number);
const firstLines = [...PAGE.matchAll(/```js\n\/\/ (\S+)\n([\s\S]*?)```/g)];

let [passed, failed] = [0, 0];
function report(ok, text) {
  if (ok) passed += 1;
  else failed += 1;
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${text}`);
}

try {
  install();
  const vite = createRequire(join(folder, 'package.json')).resolve('vite');
  const { build } = await import(pathToFileURL(vite).href);
  for (const [at, [name, source]] of CLIENTS.entries()) {
    const size = await sizeOf(build, source);
    report(size.toFixed(1) === documented[at]?.toFixed(1), `${name}: ${size.toFixed(2)} KiB; the page says ${documented[at]}`);
  }
  for (const [, name, code] of firstLines) {
    const where = join(folder, 'lines', name.replaceAll('/', '-'));
    mkdirSync(where, { recursive: true });
    writeFileSync(join(where, 'lines.js'), code);
    writeFileSync(join(where, 'given.d.ts'), GIVEN);
    writeFileSync(join(where, 'tsconfig.json'), JSON.stringify({ compilerOptions: COMPILER }));
    try {
      run(where, 'npx', 'tsc');
      report(true, `${name}: the first lines fit its types`);
    } catch (error) {
      report(false, `${name}: ${error.stdout}`);
    }
  }
  const names = new Set(CLIENTS.map(([name]) => name.replace(/(?<=.)@.*$/, '')));
  const missing = [...names].filter(name => !firstLines.some(([, shown]) => shown === name));
  report(missing.length === 0, `first lines of all${missing.map(name => `, but ${name}`).join('')}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
