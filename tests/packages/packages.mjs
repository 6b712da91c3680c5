// The packages in new projects: Node.js, a strict compiler, Vite and Next.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  componentFor,
  firstProgram,
  keptOutbox,
  otherPages,
  otherRuntimes,
  phone,
  REACT_NATIVE,
  typingPage,
} from './pages.mjs';
import { expect, project, run, TYPESCRIPT } from './support.mjs';

const STRICT = { strict: true, noEmit: true, target: 'es2022', exactOptionalPropertyTypes: true };
const config = more => JSON.stringify({ compilerOptions: { ...STRICT, ...more }, include: ['**/*.ts', '**/*.tsx'] });

const TYPED = `
import { type ChatMessage, SendError, Unauthorized, WebSocketManager } from '@recipe-chat/client';
import { EventLog } from '@recipe-chat/client/event-log';
import { indexedDbOutbox } from '@recipe-chat/client/indexed-db';
import { readServerFrame } from '@recipe-chat/client/validate';
import WebSocket from 'ws';

const chat = new WebSocketManager({
  url: new URL('https://recipes.example'),
  WebSocket,
  getToken: async ({ forceRefresh, reason, signal }) => {
    if (signal.aborted || reason === 'rejected') throw new Unauthorized();
    return forceRefresh ? 'fresh' : 'stored';
  },
  storage: indexedDbOutbox('u-1'),
  readFrame: readServerFrame,
  observer: () => new EventLog(),
});
export const stop: () => void = chat.on('state', ({ state, reason }) => console.log(state, reason?.code));
export const said: Promise<ChatMessage> = chat.send('hello').accepted;
said.catch((error: unknown) => error instanceof SendError && error.code);
// @ts-expect-error no such event
chat.on('nothing', () => {});
`;

export const tests = {
  async 'a new Node.js project: first message, tokens, events, outbox, people and runtimes, as the pages show them'(url) {
    const files = {
      'first.mjs': firstProgram(url),
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
      'App.tsx': componentFor(url),
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
      'app/App.tsx': componentFor(url),
    };
    const react = ['react@19.3.1', 'react-dom@19.3.1', '@types/react@19.3.0', '@types/node@20.19.43'];
    const where = project('next', files, 'next@16.4.6', TYPESCRIPT, ...react);
    run(where, 'npx', 'next', 'build');
    expect(readFileSync(join(where, '.next/server/app/index.html'), 'utf8'), /Two eggs/);
  },
};
