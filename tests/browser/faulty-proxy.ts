// A TCP proxy between browser and edge that cuts, freezes, delays or drops data, answers 502, or sends frames of its own.
import { once } from 'node:events';
import { createServer, connect, type Socket } from 'node:net';

type Direction = 'to-server' | 'to-browser';
type Pair = { browser: Socket; server: Socket; isWebSocket: boolean };

export class FaultyProxy {
  readonly #target: number;
  readonly #pairs = new Set<Pair>();
  readonly #server = createServer(browser => this.#accept(browser));
  #refuses: 'no' | 'reset' | '502' = 'no';
  #isFrozen = false;
  #delay = 0;
  #drops: Direction | null = null;
  #cutAfter: number | null = null;

  private constructor(target: number) {
    this.#target = target;
  }

  static async start(target: number): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  }

  /** Ends all connections without a close frame, and new ones too until `heal`. */
  cut(refuses: 'reset' | '502' = 'reset'): void {
    this.#refuses = refuses;
    this.cutOnce();
  }

  /** Ends the present connections; new ones work. */
  cutOnce(): void {
    for (const { browser, server } of this.#pairs) {
      browser.resetAndDestroy();
      server.destroy();
    }
  }

  /** No data passes, and no connection ends: as on a lost mobile network. */
  freeze(): void {
    this.#isFrozen = true;
    for (const { browser, server } of this.#pairs) {
      browser.pause();
      server.pause();
    }
  }

  slow(delay: number): void {
    this.#delay = delay;
  }

  /** Drops the data of one direction. */
  drop(direction: Direction): void {
    this.#drops = direction;
  }

  /** Passes this many more bytes to the server, then cuts: in the middle of a frame. */
  cutAfter(bytes: number): void {
    this.#cutAfter = bytes;
  }

  /** Sends a text frame of its own over every WebSocket; the server must send nothing over them meanwhile. */
  sendFrame(text: string): void {
    const frame = textFrame(text);
    for (const { browser, isWebSocket } of this.#pairs) if (isWebSocket) browser.write(frame);
  }

  /** All data passes again; connections that were frozen are ended. */
  heal(): void {
    if (this.#isFrozen) this.cutOnce();
    this.#refuses = 'no';
    this.#isFrozen = false;
    this.#delay = 0;
    this.#drops = null;
    this.#cutAfter = null;
  }

  close(): void {
    this.cutOnce();
    this.#server.close();
  }

  #accept(browser: Socket): void {
    browser.on('error', () => {});
    if (this.#refuses === 'reset') {
      browser.resetAndDestroy();
      return;
    }
    if (this.#refuses === '502') {
      browser.once('data', () => browser.destroySoon());
      browser.write('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
      return;
    }
    const server = connect(this.#target, '127.0.0.1');
    const pair = { browser, server, isWebSocket: false };
    this.#pairs.add(pair);
    this.#pass(pair, 'to-server');
    this.#pass(pair, 'to-browser');
    if (this.#isFrozen) browser.pause();
  }

  #pass(pair: Pair, direction: Direction): void {
    const [from, to] = direction === 'to-server' ? [pair.browser, pair.server] : [pair.server, pair.browser];
    from.on('data', chunk => {
      if (direction === 'to-browser' && chunk.subarray(0, 12).toString() === 'HTTP/1.1 101') pair.isWebSocket = true;
      if (this.#drops === direction) return;
      if (direction === 'to-server' && this.#cutAfter !== null) return this.#passPart(chunk, to);
      if (this.#delay > 0) setTimeout(() => to.write(chunk), this.#delay);
      else to.write(chunk);
    });
    from.on('error', () => {});
    from.on('close', () => {
      this.#pairs.delete(pair);
      to.destroy();
    });
  }

  #passPart(chunk: Buffer, to: Socket): void {
    const part = chunk.subarray(0, this.#cutAfter ?? 0);
    this.#cutAfter = (this.#cutAfter ?? 0) - part.length;
    to.write(part, () => {
      if (this.#cutAfter === 0) this.cut();
    });
  }
}

/** RFC 6455, 5.2: a whole text frame without a mask, as servers send them. */
function textFrame(text: string): Buffer {
  const body = Buffer.from(text);
  const head = Buffer.alloc(body.length < 126 ? 2 : body.length < 65_536 ? 4 : 10);
  head[0] = 0x81;
  if (head.length === 2) head[1] = body.length;
  else if (head.length === 4) head.writeUInt16BE(body.length, 2);
  else head.writeBigUInt64BE(BigInt(body.length), 2);
  if (head.length > 2) head[1] = head.length === 4 ? 126 : 127;
  return Buffer.concat([head, body]);
}
