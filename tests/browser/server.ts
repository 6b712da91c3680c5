// Starts the real binary on free ports with a data folder of its own, and ends only what it started.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const BINARY = process.env.RECIPE_CHAT_BIN ?? join(import.meta.dirname, '../../target/debug/recipe-chat');
const NO_LIMITS = ['--sign-in-rate', '0', '--message-rate', '0', '--drain-timeout', '1s'];

export class Server {
  readonly #flags: string[];
  readonly #folder = mkdtempSync(join(tmpdir(), 'recipe-chat-browser-'));
  #process: ChildProcess | null = null;
  #port = 0;
  /** The last lines of the log, for a failed start. */
  #log: string[] = [];

  constructor(...flags: string[]) {
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
    const started = spawn(
      BINARY,
      ['up', ...addresses, '--data-dir', this.#folder, ...NO_LIMITS, ...this.#flags],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, RUST_LOG: 'warn' } },
    );
    this.#process = started;
    started.stderr?.on('data', chunk => {
      this.#log = [...this.#log, String(chunk)].slice(-50);
    });
    this.#port = await this.#announcedPort(started);
  }

  /** SIGTERM: the edge drains and says so to its clients. */
  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  /** No goodbye. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const ending = this.#process;
    this.#process = null;
    if (!ending || ending.exitCode !== null) return;
    const ended = once(ending, 'exit');
    ending.kill(signal);
    await ended;
  }

  #announcedPort(started: ChildProcess): Promise<number> {
    return new Promise((resolve, reject) => {
      started.once('error', reject);
      started.once('exit', () => reject(new Error(`the server ended:\n${this.#log.join('')}`)));
      if (!started.stdout) return;
      createInterface({ input: started.stdout }).on('line', line => {
        const port = /edge listening on http:\/\/[^:]+:(\d+)/.exec(line)?.[1];
        if (port) resolve(Number(port));
      });
    });
  }
}
