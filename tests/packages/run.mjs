// Tries the npm packages as everybody else gets them: packed, installed into new projects, built and run there against
// the real binary, with the code that their pages show. RECIPE_CHAT_BIN names the binary; npm's registry is needed.
// `node tests/packages/run.mjs Vite` runs only what has that word in its name.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = join(import.meta.dirname, '../..');
const PACKAGES = join(ROOT, 'frontend_app/packages');
const BINARY = process.env.RECIPE_CHAT_BIN ?? join(ROOT, 'target/checked/recipe-chat');
const TYPESCRIPT = 'typescript@5.9.3';
/** Longer than any step takes on a busy machine. */
const STEP_TIMEOUT = 600_000;
const folder = mkdtempSync(join(tmpdir(), 'recipe-chat-packages-'));

function run(where, program, ...args) {
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', CI: 'true' };
  return execFileSync(program, args, { cwd: where, env, encoding: 'utf8', stdio: 'pipe', timeout: STEP_TIMEOUT });
}

const shown = new Map();

/** The pieces of code on a page: as many as are run here. */
function snippets(page, count) {
  const text = readFileSync(join(PACKAGES, page), 'utf8');
  const found = [...text.matchAll(/```(?:js|tsx)\n([\s\S]*?)```/g)].map(([, code]) => code);
  if (found.length !== count) throw new Error(`${page} has ${found.length} pieces of code, and ${count} are run here`);
  shown.set(page, found);
  return found;
}

function project(name, files, ...dependencies) {
  const where = join(folder, name);
  const all = { 'package.json': JSON.stringify({ name, private: true, type: 'module' }), ...files };
  for (const [file, text] of Object.entries(all)) {
    mkdirSync(dirname(join(where, file)), { recursive: true });
    writeFileSync(join(where, file), text);
  }
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  run(where, 'npm', 'install', ...flags, ...packed, ...dependencies);
  return where;
}

function expect(text, wanted) {
  if (!wanted.test(text)) throw new Error(`expected ${wanted}, got:\n${text}`);
}

// ---- the server

const servers = [];

/** Starts a server with nobody on it; gives its address. */
async function startServer() {
  const listen = ['--edge-listen', '--auth-listen', '--chat-listen'].flatMap(flag => [flag, '127.0.0.1:0']);
  const server = spawn(BINARY, ['up', ...listen, '--data-dir', join(folder, `data-${servers.length}`)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, RECIPE_CHAT_LOG: 'warn' },
  });
  servers.push(server);
  for await (const line of createInterface({ input: server.stdout })) {
    const found = /^edge listening on (http:\S+)/.exec(line);
    if (found) return found[1];
  }
  throw new Error('the server ended');
}

// ---- the projects

/** Node.js has a WebSocket from 22 on. */
const WITH_SOCKET = "import WebSocket from 'ws';\nglobalThis.WebSocket ??= WebSocket;\n";
const [firstMessage, events] = snippets('client/README.md', 2);
const [ownTokens] = snippets('client/docs/tokens.md', 1);
const [acceptance, storedOutbox] = snippets('client/docs/messages.md', 2);
const [typing] = snippets('client/docs/people.md', 1);
const [otherSocket, reactNative] = snippets('client/docs/runtimes.md', 2);
const [component] = snippets('react/README.md', 1);
for (const name of readdirSync(join(PACKAGES, 'client/docs')))
  if (!shown.has(`client/docs/${name}`)) snippets(`client/docs/${name}`, 0);

const at = (url, code) => WITH_SOCKET + code.replace("'http://127.0.0.1:8080'", JSON.stringify(url));

/** The other pages' code, in the setting that the README makes. */
const otherPages = url => {
  const [imports, rest] = at(url, firstMessage.replaceAll("'ada'", "'grace'")).split('\n\n');
  const signedIn = rest.split('\n').filter(line => !line.includes('/v1/recipes')).join('\n');
  return `${imports.replace('{ ', '{ Unauthorized, ')}
${signedIn}
const { id } = await post('/v1/recipes', { title: 'Waffles' }, access_token);
const [username, password] = ['grace', 'correct horse battery'];
${ownTokens}
const first = await getToken({ forceRefresh: false });
const second = await getToken({ forceRefresh: true });
console.log('refreshed', typeof second === 'string' && second !== first);
const chat = new WebSocketManager({ url, getToken });
const [show, render] = [message => console.log('shown', message.content), () => {}];
${events}
await chat.connect(id);
${acceptance}
try {
  await chat.send(' ').accepted;
} catch (error) {
  console.log('refused', error.code);
}
chat.disconnect();
`;
};

/** What a page's code takes as given: somebody who is signed in, and a recipe of theirs. */
const given = (url, name) => {
  const [imports, rest] = at(url, firstMessage.replaceAll("'ada'", `'${name}'`)).split('\n\n');
  return `${imports}\n${rest}\nconst getToken = () => access_token;\n`;
};

const keptOutbox = url => `import 'fake-indexeddb/auto';
${given(url, 'bob')}
const userId = 'u-1';
${storedOutbox.replace('getToken', 'getToken: () => new Promise(() => {})')}
chat.connect(id).catch(() => {});
const { accepted } = chat.send('add 3 eggs');
const left = accepted.catch(error => console.log('left', error.code));
await new Promise(resolve => setTimeout(resolve));
chat.disconnect();
await left;
const next = new WebSocketManager({ url, getToken, storage: indexedDbOutbox(userId) });
next.on('message', ({ content }) => console.log('kept', content) ?? next.disconnect());
await next.connect(id);
`;

const otherRuntimes = url => `${given(url, 'carol')}
${otherSocket.replace("import WebSocket from 'ws';\n", '')}
await chat.connect(id);
chat.disconnect();
console.log('connected over ws');
`;

const phone = url => `${given(url, 'dan')}
${reactNative}
chat.on('state', ({ state, reason }) => console.log(state, reason?.reason));
await chat.connect(id);
await chat.whenAuthenticated();
AppState.become('background');
AppState.become('active');
await chat.whenAuthenticated();
chat.disconnect();
`;

/** As much of React Native as its page uses. */
const REACT_NATIVE = `
const listeners = new Set();
export const AppState = {
  currentState: 'active',
  addEventListener(_, listener) {
    listeners.add(listener);
    return { remove: () => listeners.delete(listener) };
  },
  become(state) {
    AppState.currentState = state;
    for (const listener of listeners) listener(state);
  },
};
`;

/** The server does not send presence yet: this client stands for one that received it. */
const typingPage = `
const input = new EventTarget();
const status = {};
const people = [{ name: 'ada', typing: true }, { name: 'bob', typing: false }];
const chat = { typing: () => console.log('typing sent'), on: (name, listener) => listener({ people }) };
${typing}
input.dispatchEvent(new Event('input'));
console.log(status.textContent);
`;

const STRICT = { strict: true, noEmit: true, target: 'es2022', exactOptionalPropertyTypes: true };
const config = more => JSON.stringify({ compilerOptions: { ...STRICT, ...more }, include: ['**/*.ts', '**/*.tsx'] });

const TYPED = `
import { type ChatMessage, SendError, Unauthorized, WebSocketManager } from '@recipe-chat/client';
import { EventLog } from '@recipe-chat/client/event-log';
import { indexedDbOutbox } from '@recipe-chat/client/indexed-db';
import WebSocket from 'ws';

const chat = new WebSocketManager({
  url: new URL('https://recipes.example'),
  WebSocket,
  getToken: async ({ forceRefresh, reason, signal }) => {
    if (signal.aborted || reason === 'rejected') throw new Unauthorized();
    return forceRefresh ? 'fresh' : 'stored';
  },
  storage: indexedDbOutbox('u-1'),
  observer: () => new EventLog(),
});
export const stop: () => void = chat.on('state', ({ state, reason }) => console.log(state, reason?.code));
export const said: Promise<ChatMessage> = chat.send('hello').accepted;
said.catch((error: unknown) => error instanceof SendError && error.code);
// @ts-expect-error no such event
chat.on('nothing', () => {});
`;

const componentFor = (url, code) =>
  code
    .replace("'https://recipes.example', getToken", `${JSON.stringify(url)}, getToken: () => 'token'`)
    .replace(/^import/, "'use client';\nimport");

const tests = {
  async 'a new Node.js project: first message, tokens, events, outbox, people and runtimes, as the pages show them'(url) {
    const files = {
      'first.mjs': at(url, firstMessage),
      'other-pages.mjs': otherPages(url),
      'outbox.mjs': keptOutbox(url),
      'runtimes.mjs': otherRuntimes(url),
      'phone.mjs': phone(url),
      'people.mjs': typingPage,
    };
    const where = project('node', files, 'ws@8.23.0', 'fake-indexeddb@6.2.8');
    const stub = join(where, 'node_modules/react-native');
    mkdirSync(stub);
    writeFileSync(join(stub, 'package.json'), JSON.stringify({ type: 'module', exports: './index.js' }));
    writeFileSync(join(stub, 'index.js'), REACT_NATIVE);
    expect(run(where, process.execPath, 'first.mjs'), /^Added 2 eggs$/m);
    const output = run(where, process.execPath, 'other-pages.mjs');
    expect(output, /^refreshed true$/m);
    expect(output, /^shown add 2 eggs$/m);
    expect(output, /^grace add 2 eggs Added 2 eggs$/m);
    expect(output, /^authenticated undefined$/m);
    expect(output, /^\d+ Added 2 eggs$/m);
    expect(output, /^refused empty$/m);
    expect(run(where, process.execPath, 'outbox.mjs'), /^left disconnected\nkept add 3 eggs$/m);
    expect(run(where, process.execPath, 'runtimes.mjs'), /^connected over ws$/m);
    expect(run(where, process.execPath, 'phone.mjs'), /^reconnecting Suspended\n(.*\n)?authenticated undefined$/m);
    expect(run(where, process.execPath, 'people.mjs'), /^typing sent\nada typing$/m);
  },

  async 'the five minutes of docs/start.md, but for the builds'() {
    const url = await startServer();
    const page = readFileSync(join(ROOT, 'docs/start.md'), 'utf8');
    const blocks = [...page.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(([, language, text]) => [language, text]);
    const [[, build], [, byHand], [, terminal], [, install], [language, program]] = blocks;
    if (blocks.length !== 5 || language !== 'js') throw new Error('docs/start.md has other code than is run here');
    expect(build, /^cargo run --release\n$/);
    const bash = (where, text) => run(where, 'bash', '-euc', text.replaceAll('http://127.0.0.1:8080', url));
    expect(bash(folder, byHand), /"id":"pancakes"/);
    const command = terminal.trim().replace('cargo run --release --', BINARY);
    const answers = `echo add 3 eggs | RECIPE_CHAT_PASSWORD='correct horse battery' ${command} --url ${url}`;
    expect(bash(folder, answers), /3 eggs/);
    symlinkSync(join(ROOT, 'frontend_app'), join(folder, 'frontend_app'));
    bash(folder, install.replace('npm --prefix frontend_app ci\n', ''));
    const file = join(folder, 'hello/hello.mjs');
    writeFileSync(file, program.replaceAll('http://127.0.0.1:8080', url));
    expect(run(dirname(file), process.execPath, file), /^ada add 100 g sugar Added 100 g sugar$/m);
  },

  async 'the page of another origin, put together as its README says'() {
    const example = 'docs/examples/other-origin';
    const [commands] = /(?<=```sh\n)[\s\S]*?(?=```)/.exec(readFileSync(join(ROOT, example, 'README.md'), 'utf8'));
    const where = join(folder, 'other-origin');
    mkdirSync(where);
    symlinkSync(join(ROOT, 'frontend_app'), join(where, 'frontend_app'));
    cpSync(join(ROOT, example), join(where, example), { recursive: true, filter: from => !from.endsWith('/client') });
    const [install, ...steps] = commands.trim().split('\n');
    expect(install, /^npm --prefix frontend_app ci$/);
    const serve = steps.pop();
    run(where, 'bash', '-euc', steps.join('\n'));
    const [program, ...args] = serve.replace(' 8000 ', ' 0 ').split(' ');
    const site = spawn(program, ['-u', ...args], { cwd: where, stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const [said] = await once(site.stdout, 'data');
      const [, port] = /port (\d+)/.exec(said);
      for (const [file, wanted] of [['', /page\.js/], ['page.js', /WebSocketManager/], ['client/index.js', /WebSocketManager/]])
        expect(await (await fetch(`http://127.0.0.1:${port}/${file}`)).text(), wanted);
    } finally {
      site.kill('SIGKILL');
    }
  },

  async 'another auth service: the edge takes its tokens, and closes what it revokes'() {
    const example = join(ROOT, 'docs/examples/auth-service');
    const page = readFileSync(join(example, 'README.md'), 'utf8');
    const lines = /(?<=```sh\n)[\s\S]*?(?=```)/.exec(page)[0].trim().split('\n').map(line => line.split(' '));
    const [[, , , , ...packages], [, , , , ...names], [, ...chat], [, ...edge]] = lines;
    const client = `
import WebSocket from 'ws';
import { WebSocketManager } from '@recipe-chat/client';
const [url, token] = process.argv.slice(2);
const headers = { 'content-type': 'application/json', authorization: 'Bearer ' + token };
const options = { method: 'POST', headers, body: JSON.stringify({ title: 'Soup' }) };
const { id } = await (await fetch(url + '/v1/recipes', options)).json();
const chat = new WebSocketManager({ url, WebSocket, getToken: () => token });
chat.on('state', ({ state, reason }) => console.log(state, reason?.reason));
await chat.connect(id);
console.log((await chat.send('add 2 eggs').accepted).effect);
`;
    const files = { 'server.mjs': readFileSync(join(example, 'server.mjs'), 'utf8'), 'client.mjs': client };
    const where = project('auth-service', files, 'ws@8.23.0', ...packages);
    const started = [];
    const start = (program, ...args) => {
      const options = { cwd: where, stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, RECIPE_CHAT_LOG: 'warn' } };
      const child = spawn(program, args, options);
      started.push(child);
      const output = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      return { child, line: async () => (await output.next()).value };
    };
    try {
      const auth = start(process.execPath, 'server.mjs', '127.0.0.1:0', join(ROOT, 'proto'), ...names.slice(1));
      const addresses = { 50061: new URL((await auth.line()).replace('listening on ', '')).port };
      const [name, token] = (await auth.line()).split(' ');
      const moved = args => args.map(arg => arg.replace(/\d{5}/, port => addresses[port] ?? '0').replace(':8080', ':0'));
      const chatLine = await start(BINARY, ...moved(chat)).line();
      addresses[50062] = /:(\d+)/.exec(chatLine)[1];
      const url = /http:\S+/.exec(await start(BINARY, ...moved(edge)).line())[0];
      const ada = start(process.execPath, 'client.mjs', url, token);
      let output = '';
      for (let line = await ada.line(); line !== undefined; line = await ada.line()) {
        output += `${line}\n`;
        if (line === 'Added 2 eggs') auth.child.stdin.write(`${name}\n`);
      }
      expect(output, /^authenticated undefined\nAdded 2 eggs\ndisconnected Session revoked$/m);
    } finally {
      for (const child of started) child.kill('SIGKILL');
    }
  },

  async 'declarations that a strict compiler takes, as Node.js resolves them and as a bundler does'() {
    const files = { 'index.ts': TYPED, 'tsconfig.json': config({ module: 'nodenext', types: ['node'] }) };
    const where = project('types', files, 'ws@8.23.0', '@types/ws@8.18.2', '@types/node@20.19.43', TYPESCRIPT);
    run(where, 'npx', 'tsc');
    const bundler = config({ module: 'esnext', moduleResolution: 'bundler', types: ['node'] });
    writeFileSync(join(where, 'tsconfig.json'), bundler);
    run(where, 'npx', 'tsc');
  },

  async 'a new Vite project with React'(url) {
    const files = {
      'index.html': '<div id="root"></div><script type="module" src="/main.tsx"></script>',
      'App.tsx': componentFor(url, component),
      'main.tsx':
        "import { createRoot } from 'react-dom/client';\nimport { App } from './App';\ncreateRoot(document.getElementById('root')!).render(<App />);\n",
      'tsconfig.json': config({ module: 'esnext', moduleResolution: 'bundler', jsx: 'react-jsx' }),
    };
    const react = ['react@19.3.1', 'react-dom@19.3.1', '@types/react@19.3.0', '@types/react-dom@19.3.0'];
    const where = project('vite', files, 'vite@8.3.8', TYPESCRIPT, ...react);
    run(where, 'npx', 'tsc');
    run(where, 'npx', 'vite', 'build');
    const script = readdirSync(join(where, 'dist/assets')).find(name => name.endsWith('.js'));
    expect(readFileSync(join(where, 'dist/assets', script), 'utf8'), /recipe-chat\.v1/);
  },

  async 'a new Next project: rendered on the server, where nothing connects'(url) {
    const files = {
      'app/layout.tsx':
        'export default function Layout({ children }: { children: React.ReactNode }) {\n  return <html lang="en"><body>{children}</body></html>;\n}\n',
      'app/page.tsx': "import { App } from './App';\nexport default function Page() {\n  return <App />;\n}\n",
      'app/App.tsx': componentFor(url, component),
    };
    const react = ['react@19.3.1', 'react-dom@19.3.1', '@types/react@19.3.0', '@types/node@20.19.43'];
    const where = project('next', files, 'next@16.4.6', TYPESCRIPT, ...react);
    run(where, 'npx', 'next', 'build');
    expect(readFileSync(join(where, '.next/server/app/index.html'), 'utf8'), /Two eggs/);
  },
};

// ---- all of it

const wanted = Object.entries(tests).filter(([name]) => name.includes(process.argv[2] ?? ''));
let [packed, failed] = [[], 0];
try {
  const frontend = join(ROOT, 'frontend_app');
  run(frontend, 'npm', 'pack', '--workspaces', '--pack-destination', folder);
  packed = readdirSync(folder)
    .filter(name => name.endsWith('.tgz'))
    .map(name => join(folder, name));
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
  for (const server of servers.filter(({ exitCode }) => exitCode === null)) {
    server.kill('SIGKILL');
    await once(server, 'exit');
  }
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${wanted.length - failed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
