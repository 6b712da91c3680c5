// Tries a server against the protocol's table: the cases of proto/websocket/conformance.json, each on a new recipe.
//
//   node tests/conformance/conform.mjs http://127.0.0.1:8080
//
// The server has its default limits. With --short-tokens it tries those cases that want a server with tokens of 4 s
// (`--access-ttl 4s --reauth-lead 2s --reauth-grace 1s`). A word after the address picks cases by their names.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Connection } from './connection.mjs';
import { difference, filled } from './pattern.mjs';

export const TABLE = join(import.meta.dirname, '../../proto/websocket/conformance.json');
/** How long an answer may take, unless the step says otherwise. */
const ANSWER_TIMEOUT = 10_000;
const NAMES = ['ada', 'bob', 'cara'];

const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));

/** Runs the cases one after the other; returns `{ name, fault }` of each, `fault` null when it holds. */
export async function conform(url, cases, onResult = () => {}) {
  const server = url.replace(/\/$/, '');
  const people = await signUp(server);
  const results = [];
  for (const one of cases) {
    const fault = await tryCase(server, people, one).catch(error => error.message);
    results.push({ name: one.name, fault });
    onResult(results.at(-1));
  }
  return results;
}

export function casesOf({ word = '', shortTokens = false } = {}) {
  const all = JSON.parse(readFileSync(TABLE, 'utf8'));
  return all.filter(one => (one.short_tokens ?? false) === shortTokens && one.name.includes(word));
}

async function signUp(server) {
  const run = Math.random().toString(36).slice(2, 8);
  const people = {};
  for (const name of NAMES) {
    const username = `${name}-${run}`;
    const answer = await call(server, 'POST', '/v1/auth/register', {
      body: { username, password: `correct horse ${run}`, refresh: 'body' },
    });
    if (answer.status !== 201) throw new Error(`nobody can sign up: ${answer.status}`);
    people[name] = answer.json;
  }
  return people;
}

/** A new pair, of the same login. */
async function refresh(server, pair) {
  const body = { refresh_token: pair.refresh_token, refresh: 'body' };
  const { status, json } = await call(server, 'POST', '/v1/auth/refresh', { body });
  if (status !== 200) throw new Error(`no refresh: ${status}`);
  Object.assign(pair, json);
}

async function call(server, method, path, { token, body }) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(server + path, {
    method,
    headers,
    signal: AbortSignal.timeout(ANSWER_TIMEOUT),
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, json: await response.json().catch(() => null) };
}

async function tryCase(server, people, one) {
  const known = {};
  const know = name => {
    const { access_token, user } = people[name];
    Object.assign(known, { [`token.${name}`]: access_token, [`user.${name}`]: user.name, [`id.${name}`]: user.id });
  };
  for (const name of NAMES) {
    if (one.short_tokens) await refresh(server, people[name]);
    know(name);
  }
  const recipe = await call(server, 'POST', '/v1/recipes', {
    token: known['token.ada'],
    body: { title: 'Conformance', visibility: 'private' },
  });
  if (recipe.status !== 201) throw new Error(`no recipe: ${recipe.status}`);
  known.recipe = recipe.json.id;
  await expectStatus(204, server, 'PUT', `/v1/recipes/${known.recipe}/visibility`, {
    token: known['token.ada'],
    body: { visibility: 'private', public: false },
  });
  for (const [name, role] of Object.entries(one.members ?? {}))
    await expectStatus(204, server, 'PUT', `/v1/recipes/${known.recipe}/members/${known[`user.${name}`]}`, {
      token: known['token.ada'],
      body: { role },
    });

  const connections = {};
  const context = { server, people, known, know, connections };
  try {
    for (const [at, step] of one.steps.entries())
      await act(context, step).catch(error => {
        throw new Error(`step ${at + 1} ${JSON.stringify(step)}: ${error.message}`);
      });
    const faults = Object.entries(connections).flatMap(([name, { faults }]) => faults.map(fault => `${name}: ${fault}`));
    return faults[0] ?? null;
  } finally {
    for (const connection of Object.values(connections)) connection.end();
  }
}

async function expectStatus(wanted, server, method, path, options) {
  const { status } = await call(server, method, path, options);
  if (status !== wanted) throw new Error(`${method} ${path} is answered by ${status}, not ${wanted}`);
}

/** Each step has one of these keys, and acts on one connection, by its name. */
const ACTIONS = {
  connect: ({ server, known, connections }, name, step) => connect(server, known, connections, name, step),
  async auth(context, name, { by = 'ada', ...payload }) {
    const id = `auth-${name}`;
    const { connection, known } = of(context, name);
    connection.send(frame(filled({ type: 'auth', id, payload: { token: `$token.${by}`, ...payload } }, known)));
    await expectFrame(context, name, { type: 'recipe_update', payload: { in_reply_to: id, session: '$any' } });
  },
  async send(context, name, { frame: sent, times = 1 }) {
    const { connection, known } = of(context, name);
    const text = typeof sent === 'string' ? filled(sent, known) : frame(filled(sent, known));
    for (let time = 0; time < times; time += 1) connection.send(text);
  },
  async binary(context, name, { bytes }) {
    of(context, name).connection.sendBinary(bytes);
  },
  async ping(context, name) {
    of(context, name).connection.sendPing();
  },
  expect: (context, name, { frame: pattern, within }) => expectFrame(context, name, pattern, within),
  /** Some frame looks like that, whatever comes before. */
  async until(context, name, { frame: pattern, within = ANSWER_TIMEOUT }) {
    const { connection, known } = of(context, name);
    const deadline = Date.now() + within;
    for (;;) if (!difference(pattern, await connection.frame(pattern.type, deadline), known)) return;
  },
  /** The next frame answers a `ping` that is sent now: nothing came before it. */
  async quiet(context, name) {
    of(context, name).connection.send(frame({ type: 'ping', id: 'quiet', payload: {} }));
    await expectFrame(context, name, { type: 'pong', payload: { in_reply_to: 'quiet' } });
  },
  async closed(context, name, { code, reason, within = ANSWER_TIMEOUT, not_before = 0 }) {
    const { connection, known } = of(context, name);
    const started = Date.now();
    const found = difference({ code, reason }, await connection.close(started + within), known);
    if (found) throw new Error(found);
    if (Date.now() - started < not_before) throw new Error(`closed after ${Date.now() - started} ms`);
  },
  async leave(context, name) {
    of(context, name).connection.leave();
    await of(context, name).connection.close(Date.now() + ANSWER_TIMEOUT);
  },
  async refresh({ server, people, know }, name) {
    await refresh(server, people[name]);
    know(name);
  },
  async sleep(_, ms) {
    await sleep(ms);
  },
  async http({ server, known }, call, { body, by = 'ada', status }) {
    const [method, path] = filled(call, known).split(' ');
    const options = { token: known[`token.${by}`], body: filled(body, known) };
    await expectStatus(status, server, method, path, options);
  },
  /** A login of its own, which may be ended. */
  async sign_in({ server, people, known }, name, { as }) {
    const username = known[`user.${name}`];
    const password = `correct horse ${username.split('-').at(-1)}`;
    const { status, json } = await call(server, 'POST', '/v1/auth/login', { body: { username, password } });
    if (status !== 200) throw new Error(`no sign-in: ${status}`);
    known[`token.${as}`] = json.access_token;
    people[as] = json;
  },
};

async function act(context, step) {
  const key = Object.keys(step).find(key => Object.hasOwn(ACTIONS, key));
  if (!key) throw new Error('there is no such step');
  const { [key]: subject, ...details } = step;
  await ACTIONS[key](context, subject, details);
}

async function connect(server, known, connections, name, { refused, recipe = '$recipe', protocol, ...options }) {
  try {
    connections[name] = await Connection.open(server, filled(recipe, known), options);
  } catch (error) {
    if (error.status === refused) return;
    throw error;
  }
  if (refused) throw new Error(`the upgrade is not answered by ${refused}`);
  if (protocol !== undefined && connections[name].protocol !== protocol)
    throw new Error(`the subprotocol is ${JSON.stringify(connections[name].protocol)}`);
}

function of({ connections, known }, name) {
  const connection = connections[name];
  if (!connection) throw new Error(`there is no connection ${name}`);
  return { connection, known };
}

async function expectFrame(context, name, pattern, within = ANSWER_TIMEOUT) {
  const { connection, known } = of(context, name);
  const found = await connection.frame(pattern.type, Date.now() + within);
  const other = difference(pattern, found, known);
  if (other) throw new Error(`${other}; the frame: ${JSON.stringify(found).slice(0, 400)}`);
}

const frame = value => JSON.stringify(value);

if (import.meta.filename === process.argv[1]) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { 'short-tokens': { type: 'boolean' } },
  });
  const [url, word] = positionals;
  if (!url) throw new Error('usage: conform.mjs URL [WORD] [--short-tokens]');
  const results = await conform(url, casesOf({ word, shortTokens: values['short-tokens'] }), report);
  const failed = results.filter(({ fault }) => fault).length;
  console.log(`${results.length - failed} passed, ${failed} failed`);
  process.exitCode = failed ? 1 : 0;
}

export function report({ name, fault }) {
  console.log(fault ? `FAILED  ${name}\n        ${fault}` : `ok      ${name}`);
}
