// Tries our own server and both of our clients against the protocol's tables, and the tables against the protocol's page.
// RECIPE_CHAT_BIN names the binary.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { cases as clientCases, conformClient, report } from './conform-client.mjs';

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

/** What `recipe-chat conform` prints of each case: `ok` and its name, or `FAILED`, its name and below it what is wrong. */
async function conform(url, args, print = console.log) {
  const runner = spawn(BINARY, ['conform', url, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  const found = [];
  for await (const line of createInterface({ input: runner.stdout })) {
    print(line);
    const [, verdict, name] = /^(ok|FAILED) +(.*)/.exec(line) ?? [];
    if (verdict) found.push({ name, fault: verdict === 'ok' ? null : 'as printed' });
  }
  return found;
}

/** `node test.mjs WORD` picks cases by their names. */
const word = process.argv[2] ?? '';
const results = [];
const serverCases = JSON.parse(readFileSync(join(ROOT, 'proto/websocket/conformance.json'), 'utf8'));
for (const shortTokens of [false, true]) {
  const cases = serverCases.filter(one => (one.short_tokens ?? false) === shortTokens && one.name.includes(word));
  results.push(...unquoted(cases));
  if (cases.length === 0) continue;
  const more = shortTokens ? ['--short-tokens'] : [];
  const tried = await withServer(shortTokens ? SHORT : [], url => conform(url, [word, ...more]));
  const untried = cases.filter(({ name }) => !tried.some(one => one.name === name));
  results.push(...tried, ...untried.map(({ name }) => ({ name, fault: 'it was not tried' })));
}

/** A server that does otherwise is told of. */
if (word === '') {
  const flags = ['--allowed-origins', 'https://elsewhere.example'];
  const [found] = await withServer(flags, url => conform(url, ['an origin that is not listed'], () => {}));
  results.push({ name: 'a server that lets a strange origin in does not pass', fault: found?.fault ? null : 'it does' });
  report(results.at(-1));
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

for (const result of results.filter(({ fault }) => fault?.match(/^the protocol's page|^it was not/))) report(result);
const failed = results.filter(({ fault }) => fault).length;
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
