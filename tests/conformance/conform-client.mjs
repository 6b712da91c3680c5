// Tries a client against the protocol's table: the cases of proto/websocket/client-conformance.json.
//
//   node tests/conformance/conform-client.mjs COMMAND ARGUMENT...
//
// The command is a client that sends each line of its standard input as a message, until that ends. `URL` in an argument
// stands for the server, which takes any sign-up and sign-in, and `RECIPE` for the recipe; both are in the environment
// too. `WORD=silence` before it picks cases by their names.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { difference, filled } from './pattern.mjs';
import { FakeServer } from './fake-server.mjs';

const TABLE = join(import.meta.dirname, '../../proto/websocket/client-conformance.json');
const RECIPE = 'pancakes';
/** Starting a program takes long on a busy machine. */
const STEP_TIMEOUT = 20_000;
const MAX_PARALLEL = 4;

const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));

export const { payloads, cases } = JSON.parse(readFileSync(TABLE, 'utf8'));

/** Runs the cases, some at once; returns `{ name, fault }` of each. */
export async function conformClient(command, onResult = () => {}, word = '') {
  const waiting = cases.filter(({ name }) => name.includes(word));
  const results = [];
  const worker = async () => {
    for (let one = waiting.shift(); one; one = waiting.shift()) {
      const fault = await tryCase(command, one).catch(error => error.message);
      results.push({ name: one.name, fault });
      onResult(results.at(-1));
    }
  };
  await Promise.all(Array.from({ length: MAX_PARALLEL }, worker));
  return results;
}

async function tryCase([program, ...args], one) {
  const server = new FakeServer();
  const url = await server.open();
  const values = { URL: url, RECIPE };
  const client = spawn(
    program,
    args.map(argument => values[argument] ?? argument),
    {
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { ...process.env, ...values, RECIPE_CHAT_PASSWORD: 'correct horse battery' },
    },
  );
  client.stdin.on('error', () => {});
  const context = { server, client, known: { recipe: RECIPE }, connections: {} };
  try {
    for (const [at, step] of one.steps.entries())
      await act(context, step).catch(error => {
        throw new Error(`step ${at + 1} ${JSON.stringify(step)}: ${error.message}`);
      });
    return null;
  } finally {
    server.close();
    if (client.exitCode === null && client.signalCode === null) {
      const ended = once(client, 'exit');
      client.kill('SIGKILL');
      await ended;
    }
  }
}

/** Each step has one of these keys. */
const ACTIONS = {
  async accept({ server, connections }, name, { within = STEP_TIMEOUT, not_before = 0 }) {
    const started = Date.now();
    connections[name] = await server.connection(within);
    if (!connections[name]) throw new Error('no connection came');
    if (Date.now() - started < not_before) throw new Error(`it came after ${Date.now() - started} ms`);
  },
  async expect({ connections, known }, name, { frame: pattern, within = STEP_TIMEOUT, not_before = 0 }) {
    const started = Date.now();
    const found = await connections[name].frame(within);
    if (!found) throw new Error('no frame came');
    const other = difference(pattern, found, known);
    if (other) throw new Error(`${other}; the frame: ${JSON.stringify(found).slice(0, 300)}`);
    if (Date.now() - started < not_before) throw new Error(`it came after ${Date.now() - started} ms`);
  },
  async say({ connections, known }, name, { type, payload }) {
    const { session, ...rest } = payload;
    const more = session ? { session: payloads.session } : {};
    connections[name].say(type, filled({ ...payloads[type], ...more, ...rest }, known));
  },
  async close({ connections }, name, { code, reason }) {
    connections[name].close(code, reason);
  },
  async drop({ connections }, name) {
    connections[name].drop();
  },
  async write({ client }, text) {
    client.stdin.write(`${text}\n`);
  },
  async silence({ connections }, name, { for: ms }) {
    const found = await connections[name].frame(ms);
    if (found) throw new Error(`it sends ${JSON.stringify(found).slice(0, 300)}`);
  },
  async nobody({ server }, ms) {
    if (await server.connection(ms)) throw new Error('it comes back');
  },
  async refresh_takes({ server }, ms) {
    server.refreshTakes = ms;
  },
  async settle(_, ms) {
    await sleep(ms);
  },
};

async function act(context, step) {
  const key = Object.keys(step).find(key => Object.hasOwn(ACTIONS, key));
  if (!key) throw new Error('there is no such step');
  const { [key]: subject, ...details } = step;
  await ACTIONS[key](context, subject, details);
}

if (import.meta.filename === process.argv[1]) {
  const command = process.argv.slice(2);
  if (command.length === 0) throw new Error('usage: conform-client.mjs COMMAND ARGUMENT...');
  const results = await conformClient(command, report, process.env.WORD);
  const failed = results.filter(({ fault }) => fault).length;
  console.log(`${results.length - failed} passed, ${failed} failed`);
  process.exitCode = failed ? 1 : 0;
}

export function report({ name, fault }) {
  console.log(fault ? `FAILED  ${name}\n        ${fault}` : `ok      ${name}`);
}
