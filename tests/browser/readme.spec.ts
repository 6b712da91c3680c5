// What the README promises: its commands, run as they are written there, against the binary.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ChatPage, expect, newRecipe, test } from './chat-page';
import { bestOfThree, loadFactor } from './machine';
import { Server } from './server';
import { BINARY } from './service';

const ROOT = join(import.meta.dirname, '../..');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const COMMANDS = [...README.matchAll(/```sh\n([\s\S]*?)```/g)]
  .flatMap(([, block = '']) => block.replaceAll('\\\n', ' ').split('\n'))
  .map(line => line.replace(/\s+/g, ' ').trim())
  .filter(line => line !== '');

const commandWith = (...parts: string[]): string => {
  const found = COMMANDS.find(command => parts.every(part => command.includes(part)));
  if (!found) throw new Error(`the README has no command with ${parts.join(' and ')}`);
  return found;
};

test('a working chat two seconds after the start', async ({ page, startServer }) => {
  // Three tries on a busy machine.
  test.setTimeout(180_000);
  const limit = 2_000 * loadFactor();
  const time = await bestOfThree(limit, async () => {
    const start = Date.now();
    const server = await startServer();
    const chat = await ChatPage.openAsGuest(page, server.url, newRecipe());
    await chat.send('add 2 cups flour');
    await chat.expectMessages('add 2 cups flour');
    const passed = Date.now() - start;
    await page.context().clearCookies();
    await page.goto('about:blank');
    return passed;
  });
  test.info().annotations.push({ type: 'start', description: `${time} ms` });
  expect(time).toBeLessThanOrEqual(Math.max(limit, 2_000 * loadFactor()));
});

test.describe('its commands', () => {
  let server: Server;
  test.beforeAll(async () => {
    server = await Server.start();
  });
  test.afterAll(() => server.remove());

  test('sign up and make a recipe with curl, and talk over any WebSocket', async ({ page }) => {
    const curl = commandWith('curl', '/v1/auth/register').replaceAll('http://127.0.0.1:8080', server.url);
    const { access_token: token } = JSON.parse(await shell(curl));
    const create = commandWith('curl', '/v1/recipes').replaceAll('http://127.0.0.1:8080', server.url);
    await shell(create.replace('<access_token>', token));
    const recipe = /v1\/chat\/(\w+)/.exec(commandWith('websocat'))?.[1] ?? '';
    const frames = COMMANDS.filter(line => line.startsWith('{')).map(line => line.replace('<access_token>', token));
    expect(frames).toHaveLength(2);
    await page.goto(server.url);
    const answers = await page.evaluate(exchange, { recipe, frames });
    expect(answers.map(answer => JSON.parse(answer))).toMatchObject([
      { type: 'recipe_update', payload: { recipe_id: recipe } },
      { type: 'recipe_update', payload: { message: { effect: expect.stringContaining('flour') } } },
    ]);
  });

  test('chat in the terminal, in lines when it is a pipe', async ({ startServer }) => {
    // Its own: the recipe of the test before is somebody else's.
    const server = await startServer();
    const client = commandWith('client', '--register').replace(/^cargo run --release -- /, '');
    const args = [...client.split(' '), '--url', server.url];
    const lines = await run(BINARY, args, 'add 2 eggs\n');
    expect(lines).toMatch(/^\d+ ada: add 2 eggs +-> Added/m);
    const again = args.filter(arg => arg !== '--register');
    const json = await run(BINARY, [...again, '--json'], 'hello\n');
    const frames = json.trim().split('\n').map(line => JSON.parse(line));
    expect(frames[0]).toMatchObject({ type: 'recipe_update', payload: { session: { user: { name: 'ada' } } } });
    expect(frames.at(-1)).toMatchObject({ payload: { message: { content: 'hello' } } });
  });

  test('name flags, files and test parts that exist', async () => {
    for (const command of COMMANDS.filter(line => /^recipe-chat (auth|chat|edge)/.test(line))) {
      const [, service = '', ...args] = command.split(' ');
      const help = await run(BINARY, [service, '--help'], '');
      for (const flag of args.filter(arg => arg.startsWith('--'))) expect(help, command).toContain(flag);
    }
    const help = await shell(`${join(ROOT, commandWith('tests/run'))} --help`);
    expect(help).toContain('Runs the named parts');
    for (const [, path = ''] of README.matchAll(/(?:\]\(|src=")(?!https?:)([^)"#]+)/g)) {
      expect(existsSync(join(ROOT, path)), path).toBe(true);
    }
  });
});

/** Runs in the page: sends each frame after the one before was answered, and returns the answers. */
function exchange({ recipe, frames }: { recipe: string; frames: string[] }): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const answers: string[] = [];
    const socket = new WebSocket(`ws://${location.host}/v1/chat/${recipe}`);
    socket.onopen = () => socket.send(frames[0] ?? '');
    socket.onmessage = ({ data }) => {
      // Who is there is told beside the answers.
      if (JSON.parse(data).type === 'presence') return;
      answers.push(data);
      const next = frames[answers.length];
      if (next !== undefined) return socket.send(next);
      socket.close();
      resolve(answers);
    };
    socket.onclose = ({ reason }) => reject(new Error(reason));
  });
}

const shell = (command: string) => run('sh', ['-c', command], '');

/** What a program prints, given its whole input; throws when it fails or takes ten seconds. */
async function run(command: string, args: string[], input: string): Promise<string> {
  const env = { ...process.env, RECIPE_CHAT_PASSWORD: 'correct horse battery' };
  const program = spawn(command, args, { env, timeout: 10_000 });
  let printed = '';
  let errors = '';
  program.stdout.on('data', part => (printed += part));
  program.stderr.on('data', part => (errors += part));
  program.stdin.on('error', () => {}); // it may end without reading
  program.stdin.end(input);
  const [code] = await once(program, 'close');
  expect(code, `${command} ${args.join(' ')}: ${errors}`).toBe(0);
  return printed;
}
