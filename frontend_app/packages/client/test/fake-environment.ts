// An environment whose clock, network, page and random numbers are the test's.

import type { PageChange } from '../src/context.ts';
import type { EnvironmentOptions, Lifecycle, WebSocketClass } from '../src/environment.ts';
import { EventLog } from '../src/event-log.ts';
import type { Options } from '../src/options.ts';
import type { TokenRequest } from '../src/token-source.ts';
import { readServerFrame } from '../src/validate.ts';
import { WebSocketManager } from '../src/websocket.ts';
import { FakeSocket } from './fake-socket.ts';

/** What happens to a page, and the change that it means; as in environment.ts. */
const PAGE_CHANGES = {
  online: 'resumed',
  visible: 'resumed',
  restored: 'resumed',
  hidden: 'hidden',
  offline: 'suspended',
  frozen: 'suspended',
} as const satisfies Record<string, PageChange>;

type Timer = { at: number; run: () => void };

export class FakeEnvironment {
  readonly sockets: FakeSocket[] = [];
  readonly timers = new Set<Timer>();
  readonly listeners = new Set<(change: PageChange) => void>();
  time = 1_000_000;
  random = 0.5;
  hidden = false;
  offline = false;

  openSocket(recipeId: string): FakeSocket {
    const socket = new FakeSocket(recipeId);
    this.sockets.push(socket);
    return socket;
  }

  /** By how much the system clock differs from the time that passes. */
  clockError = 0;
  now = () => this.time + this.clockError;
  beforePaint = (run: () => void) => queueMicrotask(run);

  setTimer(run: () => void, delay: number): () => void {
    const timer = { at: this.time + delay, run };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  listen(onChange: (change: PageChange) => void): () => void {
    this.listeners.add(onChange);
    return () => this.listeners.delete(onChange);
  }

  emit(change: keyof typeof PAGE_CHANGES): void {
    if (change === 'hidden' || change === 'visible') this.hidden = change === 'hidden';
    if (change === 'offline' || change === 'online') this.offline = change === 'offline';
    for (const listener of [...this.listeners]) listener(PAGE_CHANGES[change]);
  }

  /** What a client is made with to live in here. */
  get options(): EnvironmentOptions {
    const open = (url: string) => this.openSocket(decodeURIComponent(url.split('/').at(-1) ?? ''));
    const lifecycle: Lifecycle = {
      isHidden: () => this.hidden,
      isOffline: () => this.offline,
      listen: onChange => this.listen(onChange),
      beforePaint: run => this.beforePaint(run),
    };
    return {
      url: 'http://server.test',
      WebSocket: function FakeWebSocket(url: string) {
        return open(url);
      } as unknown as WebSocketClass,
      clock: { now: () => this.now(), setTimer: (run, delay) => this.setTimer(run, delay) },
      lifecycle,
      random: () => this.random,
    };
  }

  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error('no socket was opened');
    return socket;
  }

  get live(): FakeSocket[] {
    return this.sockets.filter(socket => socket.isLive);
  }

  /** The machine sleeps: the clock goes on, timers do not, and no event says so. */
  sleep(duration: number): void {
    this.time += duration;
    for (const timer of this.timers) timer.at += duration;
  }

  /** Lets time pass, timer by timer, with the promises that each one starts. */
  async advance(duration: number): Promise<void> {
    const end = this.time + duration;
    for (let turn = 0; ; turn += 1) {
      if (turn > 10_000) throw new Error('timers never end');
      await settled();
      const next = [...this.timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.timers.delete(next);
      this.time = Math.max(this.time, next.at);
      next.run();
    }
    this.time = end;
    await settled();
  }
}

/** Waits exactly as long as the client does before it opens the next socket. */
export async function nextSocket(
  env: FakeEnvironment,
  manager: WebSocketManager,
): Promise<FakeSocket> {
  await env.advance(Math.max(0, (manager.getSnapshot().retryAt ?? env.time) - env.time));
  return env.socket;
}

/** Lets time pass on a connection whose server answers pings. */
export async function advanceAlive(env: FakeEnvironment, duration: number): Promise<void> {
  for (let left = duration; left > 0; left -= 20_000) {
    env.socket.say('pong', { in_reply_to: 'any' });
    await env.advance(Math.min(left, 20_000));
  }
}

/** Enough turns of the microtask queue for every promise chain of the client. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
}

export class FakeTokens {
  readonly requests: TokenRequest[] = [];
  respond: (request: TokenRequest) => string | Promise<string> = async ({ forceRefresh }) =>
    forceRefresh ? `token-${this.requests.length}` : 'token-0';

  get = (request: TokenRequest): string | Promise<string> => {
    this.requests.push(request);
    return this.respond(request);
  };
}

export function setUp(options: Options = {}) {
  const env = new FakeEnvironment();
  const tokens = new FakeTokens();
  const manager = new WebSocketManager({
    ...env.options,
    getToken: tokens.get,
    readFrame: readServerFrame,
    observer: () => new EventLog(),
    maxAuthAttempts: 3,
    ...options,
  });
  return { env, tokens, manager };
}

/** A client that is authenticated for a recipe. */
export async function setUpLive(options: Options = {}) {
  const all = setUp(options);
  all.manager.connect('pancakes').catch(() => {});
  await settled();
  all.env.socket.accept();
  await settled();
  all.env.socket.welcome();
  await settled();
  return all;
}
