// The documents: what they have people type is typed here, and their pictures are read.
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BINARY, expect, folder, project, ROOT, run, start, startServer } from './support.mjs';

/** Signs ada up, who makes a recipe; gives her token. */
async function pancakesOfAda(url) {
  const post = async (path, body, token) => {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
    return (await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  };
  const { access_token } = await post('/v1/auth/register', { username: 'ada', password: 'correct horse battery' });
  await post('/v1/recipes', { id: 'pancakes', title: 'Pancakes' }, access_token);
  return access_token;
}

/** Runs commands of a page with her token. */
const runAsAda = (url, token, commands) =>
  run(folder, 'bash', '-euc', `TOKEN=${token}\n${commands.replaceAll('http://127.0.0.1:8080', url)}`);

export const tests = {
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

  async 'the bot of docs/cookbook/bots.md, by an API token that is made as the page says'() {
    const url = await startServer();
    const page = readFileSync(join(ROOT, 'docs/cookbook/bots.md'), 'utf8');
    const [make, program, ...more] = [...page.matchAll(/```(?:sh|js)\n([\s\S]*?)```/g)].map(([, text]) => text);
    if (more.length !== 1) throw new Error('docs/cookbook/bots.md has other code than is run here');
    const { token } = JSON.parse(runAsAda(url, await pancakesOfAda(url), make));
    const greeted = `
chat.on('message', ({ content }) => {
  console.log(content);
  if (content.startsWith('Hello')) process.exit(0);
});
chat.send('hello bot');
`;
    const bot = program.replaceAll('http://127.0.0.1:8080', url) + greeted;
    const where = project('bot', { 'bot.mjs': bot }, 'ws@8.23.0');
    const output = run(where, 'env', `RECIPE_CHAT_TOKEN=${token}`, process.execPath, 'bot.mjs');
    expect(output, /^hello bot\nHello, ada!$/m);
  },

  async 'the webhook of docs/cookbook/webhooks.md'() {
    const url = await startServer('--webhooks');
    const page = readFileSync(join(ROOT, 'docs/cookbook/webhooks.md'), 'utf8');
    const [make, ...more] = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, text]) => text);
    if (more.length !== 0) throw new Error('docs/cookbook/webhooks.md has other code than is run here');
    expect(runAsAda(url, await pancakesOfAda(url), make), /"url":"https:\/\/kitchen.example\/hook".*"secret":"whsec_/);
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
    const site = start(where, program, '-u', ...args);
    const [, port] = /port (\d+)/.exec(await site.line());
    for (const [file, wanted] of [['', /page\.js/], ['page.js', /WebSocketManager/], ['client/index.js', /WebSocketManager/]])
      expect(await (await fetch(`http://127.0.0.1:${port}/${file}`)).text(), wanted);
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
    const auth = start(where, process.execPath, 'server.mjs', '127.0.0.1:0', join(ROOT, 'proto'), ...names.slice(1));
    const addresses = { 50061: new URL((await auth.line()).replace('listening on ', '')).port };
    const [name, token] = (await auth.line()).split(' ');
    const moved = args => args.map(arg => arg.replace(/\d{5}/, port => addresses[port] ?? '0').replace(':8080', ':0'));
    const chatLine = await start(where, BINARY, ...moved(chat)).line();
    addresses[50062] = /:(\d+)/.exec(chatLine)[1];
    const url = /http:\S+/.exec(await start(where, BINARY, ...moved(edge)).line())[0];
    const ada = start(where, process.execPath, 'client.mjs', url, token);
    let output = '';
    for (let line = await ada.line(); line !== undefined; line = await ada.line()) {
      output += `${line}\n`;
      if (line === 'Added 2 eggs') auth.child.stdin.write(`${name}\n`);
    }
    expect(output, /^authenticated undefined\nAdded 2 eggs\ndisconnected Session revoked$/m);
  },

  async 'every picture in the documents can be drawn'() {
    const pages = run(ROOT, 'git', 'ls-files', '*.md').trim().split('\n');
    const pictures = pages.flatMap(page =>
      [...readFileSync(join(ROOT, page), 'utf8').matchAll(/```mermaid\n([\s\S]*?)```/g)].map(([, text]) => [page, text]),
    );
    const check = `
import { readFileSync } from 'node:fs';
import { Window } from 'happy-dom';
const window = new Window();
Object.assign(globalThis, { window, document: window.document });
const { default: mermaid } = await import('mermaid');
for (const [page, text] of JSON.parse(readFileSync('pictures.json')))
  await mermaid.parse(text).catch(error => console.log(page, error.message));
console.log('all read');
process.exit(0);
`;
    const files = { 'check.mjs': check, 'pictures.json': JSON.stringify(pictures) };
    const where = project('pictures', files, 'mermaid@11.17.2', 'happy-dom@21.0.4');
    if (pictures.length < 10) throw new Error(`only ${pictures.length} pictures are found`);
    expect(run(where, process.execPath, 'check.mjs').trim(), /^all read$/);
  },
};
