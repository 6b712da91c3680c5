// What the tests of the packages share: a folder of their own, new npm projects in it, and servers of the real binary.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

export const ROOT = join(import.meta.dirname, '../..');
export const BINARY = process.env.RECIPE_CHAT_BIN ?? join(ROOT, 'target/checked/recipe-chat');
export const TYPESCRIPT = 'typescript@5.9.3';
/** Longer than any step takes on a busy machine. */
const STEP_TIMEOUT = 600_000;
/** Everything that the tests write; removed at the end. */
export const folder = mkdtempSync(join(tmpdir(), 'recipe-chat-packages-'));
const started = [];

export function run(where, program, ...args) {
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', CI: 'true' };
  return execFileSync(program, args, { cwd: where, env, encoding: 'utf8', stdio: 'pipe', timeout: STEP_TIMEOUT });
}

export function expect(text, wanted) {
  if (!wanted.test(text)) throw new Error(`expected ${wanted}, got:\n${text}`);
}

/** Starts a program that ends with the tests; `line()` gives the next line of what it prints, or undefined at its end. */
export function start(where, program, ...args) {
  const env = { ...process.env, RECIPE_CHAT_LOG: 'warn' };
  const child = spawn(program, args, { cwd: where, env, stdio: ['pipe', 'pipe', 'inherit'] });
  started.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, line: async () => (await lines.next()).value };
}

/** Starts a server with nobody on it; gives its address. */
export async function startServer(...flags) {
  const listen = ['--edge-listen', '--auth-listen', '--chat-listen'].flatMap(flag => [flag, '127.0.0.1:0']);
  const server = start(folder, BINARY, 'up', ...listen, ...flags, '--data-dir', join(folder, `data-${started.length}`));
  for (let line = await server.line(); line !== undefined; line = await server.line()) {
    const found = /^edge listening on (http:\S+)/.exec(line);
    if (found) return found[1];
  }
  throw new Error('the server ended');
}

/** The packages as npm would get them. */
export function pack() {
  run(join(ROOT, 'frontend_app'), 'npm', 'pack', '--workspaces', '--pack-destination', folder);
}

/** A new project with these files, and the packages and `dependencies` installed; gives its folder. */
export function project(name, files, ...dependencies) {
  const where = join(folder, name);
  const all = { 'package.json': JSON.stringify({ name, private: true, type: 'module' }), ...files };
  for (const [file, text] of Object.entries(all)) {
    mkdirSync(dirname(join(where, file)), { recursive: true });
    writeFileSync(join(where, file), text);
  }
  const packed = readdirSync(folder).filter(file => file.endsWith('.tgz'));
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  run(where, 'npm', 'install', ...flags, ...packed.map(file => join(folder, file)), ...dependencies);
  return where;
}

/** Ends what was started, and removes what was written. */
export async function cleanUp() {
  for (const child of started.toReversed().filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)) {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
}
