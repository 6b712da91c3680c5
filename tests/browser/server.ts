// The whole product for one test, with a data folder of its own: in one process, or in one process for each service.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Service } from './service';

const NO_LIMITS = ['--sign-in-rate', '0', '--message-rate', '0', '--drain-timeout', '1s'];

const newFolder = () => mkdtempSync(join(tmpdir(), 'recipe-chat-browser-'));
const removeFolder = (folder: string) => rmSync(folder, { recursive: true, force: true });

/** `recipe-chat up`. */
export class Server {
  readonly #flags: string[];
  readonly #folder = newFolder();
  readonly #backups: string[] = [];
  #service: Service | null = null;
  #port = 0;

  private constructor(...flags: string[]) {
    this.#flags = flags;
  }

  static async start(...flags: string[]): Promise<Server> {
    const server = new Server(...flags);
    await server.start();
    return server;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Starts, or starts again on the same port and data. */
  async start(): Promise<void> {
    const addresses = [
      ...['--edge-listen', `127.0.0.1:${this.#port}`],
      ...['--auth-listen', '127.0.0.1:0'],
      ...['--chat-listen', '127.0.0.1:0'],
    ];
    const args = ['up', ...addresses, '--data-dir', this.#folder, ...NO_LIMITS, ...this.#flags];
    this.#service = await Service.start('edge', args);
    this.#port = this.#service.port;
  }

  /** SIGTERM: the edge drains and says so to its clients. */
  async stop(): Promise<void> {
    await this.#service?.end('SIGTERM');
  }

  /** SIGKILL: no drain, no close frames. */
  async kill(): Promise<void> {
    await this.#service?.end('SIGKILL');
  }

  /** Stops, copies the data, and starts again; returns the path of the copy. */
  async backUp(): Promise<string> {
    await this.stop();
    const copy = join(newFolder(), 'data');
    cpSync(this.#folder, copy, { recursive: true });
    this.#backups.push(copy);
    await this.start();
    return copy;
  }

  /** Starts on the data of a backup. */
  async restore(backup: string): Promise<void> {
    await this.stop();
    removeFolder(this.#folder);
    cpSync(backup, this.#folder, { recursive: true });
    await this.start();
  }

  async remove(): Promise<void> {
    await this.kill();
    for (const folder of [this.#folder, ...this.#backups.map(copy => dirname(copy))]) removeFolder(folder);
  }
}

/** Three processes; the chat service can be killed alone. */
export class ServicesApart {
  readonly #folder: string;
  readonly #auth: Service;
  readonly #edge: Service;
  #chat: Service;

  private constructor(folder: string, auth: Service, chat: Service, edge: Service) {
    this.#folder = folder;
    this.#auth = auth;
    this.#chat = chat;
    this.#edge = edge;
  }

  static async start(): Promise<ServicesApart> {
    const folder = newFolder();
    const [auth, chat] = await Promise.all([startService('auth', folder), startService('chat', folder)]);
    const upstreams = ['--auth-url', auth.url, '--chat-url', chat.url];
    const edge = await Service.start('edge', ['edge', '--listen', '127.0.0.1:0', ...upstreams, ...NO_LIMITS]);
    return new ServicesApart(folder, auth, chat, edge);
  }

  get url(): string {
    return this.#edge.url;
  }

  get port(): number {
    return this.#edge.port;
  }

  killChat(): Promise<void> {
    return this.#chat.end('SIGKILL');
  }

  async startChat(): Promise<void> {
    this.#chat = await startService('chat', this.#folder, this.#chat.port);
  }

  async remove(): Promise<void> {
    await Promise.all([this.#edge, this.#chat, this.#auth].map(service => service.end('SIGKILL')));
    removeFolder(this.#folder);
  }
}

function startService(name: 'auth' | 'chat', folder: string, port = 0): Promise<Service> {
  const database = `sqlite:${join(folder, `${name}.db`)}`;
  return Service.start(name, [name, '--listen', `127.0.0.1:${port}`, '--database-url', database]);
}
