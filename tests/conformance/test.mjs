// Tries our own server and both of our clients against the protocol's tables, and the tables against the protocol's page.
// RECIPE_CHAT_BIN names the binary.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { casesOf, conform, report } from './conform.mjs';
import { cases as clientCases, conformClient } from './conform-client.mjs';

const ROOT = join(import.meta.dirname, '../..');
const BINARY = process.env.RECIPE_CHAT_BIN ?? join(ROOT, 'target/checked/recipe-chat');
const SHORT = ['--access-ttl', '4s', '--reauth-lead', '2s', '--reauth-grace', '1s'];

async function withServer(flags, use) {
  const data = mkdtempSync(join(tmpdir(), 'recipe-chat-conformance-'));
  const listen = ['--edge-listen', '--auth-listen', '--chat-listen'].flatMap(flag => [flag, '127.0.0.1:0']);
  const server = spawn(BINARY, ['up', ...listen, '--data-dir', data, ...flags], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    for await (const line of createInterface({ input: server.stdout })) {
      const found = /^edge listening on (http:\S+)/.exec(line);
      if (found) return await use(found[1]);
    }
    throw new Error('the server ended');
  } finally {
    if (server.exitCode === null) {
      server.kill('SIGKILL');
      await once(server, 'exit');
    }
    rmSync(data, { recursive: true, force: true });
  }
}

/** Each case quotes the sentence that it tries. */
function unquoted(cases) {
  const words = text => text.replace(/[|>-]/g, ' ').replace(/\s+/g, ' ');
  const folder = join(ROOT, 'proto/websocket');
  const pages = ['README.md', 'schema.json', 'asyncapi.yaml'].map(name => readFileSync(join(folder, name), 'utf8'));
  const page = words(pages.join('\n'));
  return cases
    .filter(({ contract }) => !page.includes(words(contract)))
    .map(({ name, contract }) => ({ name, fault: `the protocol's page does not say: ${contract}` }));
}

/** `node test.mjs WORD` picks cases by their names. */
const word = process.argv[2] ?? '';
const results = [];
for (const shortTokens of [false, true]) {
  const cases = casesOf({ word, shortTokens });
  results.push(...unquoted(cases));
  if (cases.length === 0) continue;
  await withServer(shortTokens ? SHORT : [], async url => results.push(...(await conform(url, cases, report))));
}

/** The package is built by the compiler that the web app has. */
const built = mkdtempSync(join(tmpdir(), 'recipe-chat-client-'));
const frontend = join(ROOT, 'frontend_app');
const tsc = join(frontend, 'node_modules/typescript/bin/tsc');
const project = join(frontend, 'packages/client/tsconfig.build.json');
execFileSync(process.execPath, [tsc, '-p', project, '--outDir', built]);
process.env.PACKAGE = built;
const CLIENTS = {
  'the package': [process.execPath, join(import.meta.dirname, 'our-client.mjs')],
  'the terminal': [BINARY, 'client', 'RECIPE', '--url', 'URL', '--user', 'ada', '--json'],
};
results.push(...unquoted(clientCases.filter(({ name }) => name.includes(word))));
for (const [who, command] of Object.entries(CLIENTS)) {
  const reportClient = ({ name, fault }) => report({ name: `${who} ${name}`, fault });
  results.push(...(await conformClient(command, reportClient, word)));
}
rmSync(built, { recursive: true });

for (const result of results.filter(({ fault }) => fault?.startsWith("the protocol's page"))) report(result);
const failed = results.filter(({ fault }) => fault).length;
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
