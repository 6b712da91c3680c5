// The code on the packages' pages, made into programs that run: every piece of it, which `snippets` sees to.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './support.mjs';

const PACKAGES = join(ROOT, 'frontend_app/packages');
const shown = new Set();

/** The pieces of code on a page: as many as are run here. */
function snippets(page, count) {
  const text = readFileSync(join(PACKAGES, page), 'utf8');
  const found = [...text.matchAll(/```(?:js|tsx)\n([\s\S]*?)```/g)].map(([, code]) => code);
  if (found.length !== count) throw new Error(`${page} has ${found.length} pieces of code, and ${count} are run here`);
  shown.add(page);
  return found;
}

const [firstMessage, events] = snippets('client/README.md', 2);
const [ownTokens] = snippets('client/docs/tokens.md', 1);
const [acceptance, storedOutbox] = snippets('client/docs/messages.md', 2);
const [typing] = snippets('client/docs/people.md', 1);
const [otherSocket, reactNative] = snippets('client/docs/runtimes.md', 2);
const [component] = snippets('react/README.md', 1);
for (const name of readdirSync(join(PACKAGES, 'client/docs')))
  if (!shown.has(`client/docs/${name}`)) snippets(`client/docs/${name}`, 0);

/** Node.js has a WebSocket from 22 on. */
const WITH_SOCKET = "import WebSocket from 'ws';\nglobalThis.WebSocket ??= WebSocket;\n";
const at = (url, code) => WITH_SOCKET + code.replace("'http://127.0.0.1:8080'", JSON.stringify(url));

/** Somebody who can sign in again, in place of a guest. */
const ACCOUNT = "'/v1/auth/register', { username: 'grace', password: 'correct horse battery' }";

/** The other pages' code, in the setting that the README makes. */
export const otherPages = url => {
  const [imports, rest] = at(url, firstMessage.replace("'/v1/auth/guest'", ACCOUNT)).split('\n\n');
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
const given = url => {
  const [imports, rest] = at(url, firstMessage).split('\n\n');
  return `${imports}\n${rest}\nconst getToken = () => access_token;\n`;
};

export const keptOutbox = url => `import 'fake-indexeddb/auto';
${given(url)}
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

export const otherRuntimes = url => `${given(url)}
${otherSocket.replace("import WebSocket from 'ws';\n", '')}
await chat.connect(id);
chat.disconnect();
console.log('connected over ws');
`;

export const phone = url => `${given(url)}
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
export const REACT_NATIVE = `
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
export const typingPage = `
const input = new EventTarget();
const status = {};
const people = [{ name: 'ada', typing: true }, { name: 'bob', typing: false }];
const chat = { typing: () => console.log('typing sent'), on: (name, listener) => listener({ people }) };
${typing}
input.dispatchEvent(new Event('input'));
console.log(status.textContent);
`;

export const firstProgram = url => at(url, firstMessage);

/** The page's component, on a server of ours. */
export const componentFor = url =>
  component
    .replace("'https://recipes.example', getToken", `${JSON.stringify(url)}, getToken: () => 'token'`)
    .replace(/^import/, "'use client';\nimport");
