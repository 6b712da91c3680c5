// Servers of two builds behind one address, as in a rolling update: both are the same server, but in the new one every
// hashed file name is different. The test chooses which of them answers.
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';

export type Build = 'old' | 'new';

const HASHED = /-([\w-]{8})\.(js|css)\b/g;
/** The build's name in its service worker. */
const VERSION = /(version\W{1,7})([0-9a-f]{16})/;

export class TwoBuilds {
  readonly #target: number;
  readonly #server = createServer((request, response) => this.#serve(request, response));
  /** The requests for files of the app, each with the build that answered. */
  readonly requests: string[] = [];
  /** Which build answers a request. */
  choose: (path: string) => Build = () => 'old';

  private constructor(target: number) {
    this.#target = target;
    this.#server.on('upgrade', (upgrade: IncomingMessage, browser, head) => {
      const lines = upgrade.rawHeaders.map((text, at) => text + (at % 2 === 0 ? ': ' : '\r\n')).join('');
      const server = connect(target, '127.0.0.1', () => {
        server.write(`GET ${upgrade.url} HTTP/1.1\r\n${lines}\r\n`);
        server.write(head);
        browser.pipe(server).pipe(browser);
      });
      for (const [one, other] of [
        [browser, server],
        [server, browser],
      ] as const) {
        one.on('error', () => {});
        one.on('close', () => other.destroy());
      }
    });
  }

  static async start(target: number): Promise<TwoBuilds> {
    const builds = new TwoBuilds(target);
    builds.#server.listen(0, '127.0.0.1');
    await once(builds.#server, 'listening');
    return builds;
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #serve(incoming: IncomingMessage, response: ServerResponse): void {
    const path = incoming.url ?? '/';
    const build = this.choose(path);
    if (!path.startsWith('/v1/')) this.requests.push(`${build} ${path}`);
    const headers = { ...incoming.headers };
    // A compressed body could not be renamed.
    delete headers['accept-encoding'];
    const options = { port: this.#target, host: '127.0.0.1', method: incoming.method, headers };
    const forwarded = request({ ...options, path: renamed(path, build) }, from => {
      const parts: Buffer[] = [];
      from.on('data', part => parts.push(part));
      from.on('end', () => {
        const isText = /html|javascript/.test(String(from.headers['content-type']));
        const whole = Buffer.concat(parts);
        const body = isText ? Buffer.from(renamed(String(whole), build)) : whole;
        const { 'content-length': _, 'transfer-encoding': __, ...kept } = from.headers;
        response.writeHead(from.statusCode ?? 502, { ...kept, etag: `"${build}"` });
        response.end(body);
      });
    });
    forwarded.on('error', () => response.destroy());
    incoming.pipe(forwarded);
  }
}

/** Replaces file names of the old build by those of the new one, and back. */
function renamed(text: string, build: Build): string {
  if (build === 'old') return text;
  return text
    .replace(HASHED, (_, hash: string, kind: string) => `-${swapCase(hash)}.${kind}`)
    .replace(VERSION, (_, before: string, version: string) => before + [...version].reverse().join(''));
}

const swapCase = (text: string) =>
  text.replace(/[a-z]/gi, letter => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()));
