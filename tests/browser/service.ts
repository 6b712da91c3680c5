// One process of the real binary: started on a free port, awaited until it is ready, and ended by the test that started it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const BINARY = process.env.RECIPE_CHAT_BIN ?? join(import.meta.dirname, '../../target/debug/recipe-chat');

export class Service {
  readonly #process: ChildProcess;
  readonly port: number;

  private constructor(process: ChildProcess, port: number) {
    this.#process = process;
    this.port = port;
  }

  /** Starts the binary and waits for the line `NAME listening on http://ADDRESS`. */
  static async start(name: 'auth' | 'chat' | 'edge', args: string[]): Promise<Service> {
    const env = { ...process.env, RUST_LOG: 'warn' };
    const started = spawn(BINARY, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    return new Service(started, await readPort(started, name));
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill(signal);
    await ended;
  }
}

function readPort(started: ChildProcess, name: string): Promise<number> {
  let log: string[] = [];
  started.stderr?.on('data', chunk => {
    log = [...log, String(chunk)].slice(-50);
  });
  return new Promise((resolve, reject) => {
    started.once('error', reject);
    started.once('exit', () => reject(new Error(`${name} ended:\n${log.join('')}`)));
    if (!started.stdout) return;
    createInterface({ input: started.stdout }).on('line', line => {
      const found = /^(\w+) listening on http:\/\/[^:]+:(\d+)/.exec(line);
      if (found?.[1] === name) resolve(Number(found[2]));
    });
  });
}
