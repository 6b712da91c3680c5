// An environment whose clock, network, page and dice are the test's.
import type { TokenSource, TokenWish } from '../src/lib/auth/token-source';
import { type Options, WebSocketManager } from '../src/lib/websocket';
import { Diary } from '../src/lib/ws/diary';
import type { Environment, Surrounding } from '../src/lib/ws/environment';
import { FakeSocket } from './fake-socket';

/** What a page hears, and what it means; as in `browser`. */
const MEANING = {
  online: 'awake',
  shown: 'awake',
  thawed: 'awake',
  hidden: 'hidden',
  offline: 'cut_off',
  frozen: 'cut_off',
} as const satisfies Record<string, Surrounding>;

type Timer = { at: number; run: () => void };

export class FakeWorld implements Environment {
  readonly sockets: FakeSocket[] = [];
  readonly timers = new Set<Timer>();
  readonly ears = new Set<(change: Surrounding) => void>();
  time = 1_000_000;
  luck = 0.5;
  hidden = false;
  offline = false;
  #ids = 0;

  openSocket(recipeId: string): FakeSocket {
    const socket = new FakeSocket(recipeId);
    this.sockets.push(socket);
    return socket;
  }

  /** What the clock on the wall shows differs from the time that passes. */
  clockError = 0;
  moment = () => ({
    now: this.time + this.clockError,
    dice: this.luck,
    id: this.newId(),
    hidden: this.hidden,
    offline: this.offline,
  });
  newId = () => `id-${++this.#ids}`;
  soon = (run: () => void) => queueMicrotask(run);

  setTimer(run: () => void, after: number): () => void {
    const timer = { at: this.time + after, run };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  listen(tell: (change: Surrounding) => void): () => void {
    this.ears.add(tell);
    return () => this.ears.delete(tell);
  }

  tell(change: keyof typeof MEANING): void {
    if (change === 'hidden' || change === 'shown') this.hidden = change === 'hidden';
    if (change === 'offline' || change === 'online') this.offline = change === 'offline';
    for (const ear of [...this.ears]) ear(MEANING[change]);
  }

  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error('no socket was opened');
    return socket;
  }

  get live(): FakeSocket[] {
    return this.sockets.filter(socket => socket.isLive);
  }

  /** The machine sleeps: the clock on the wall goes on, timers do not, and nobody says so. */
  sleep(duration: number): void {
    this.time += duration;
    for (const timer of this.timers) timer.at += duration;
  }

  /** Lets time pass, timer by timer, with the promises that each one starts. */
  async pass(duration: number): Promise<void> {
    const end = this.time + duration;
    for (let turn = 0; ; turn += 1) {
      if (turn > 10_000) throw new Error('timers go round in circles');
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
export async function nextSocket(world: FakeWorld, manager: WebSocketManager): Promise<FakeSocket> {
  await world.pass(Math.max(0, (manager.getSnapshot().retryAt ?? world.time) - world.time));
  return world.socket;
}

/** Lets time pass on a connection whose server answers pings. */
export async function passAlive(world: FakeWorld, duration: number): Promise<void> {
  for (let left = duration; left > 0; left -= 20_000) {
    world.socket.say('pong', { in_reply_to: 'any' });
    await world.pass(Math.min(left, 20_000));
  }
}

/** Enough turns of the microtask queue for every promise chain of the client. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
}

export class FakeTokens implements TokenSource {
  readonly wishes: TokenWish[] = [];
  give: (wish: TokenWish) => Promise<string> = async ({ fresh }) =>
    fresh ? `token-${this.wishes.length}` : 'token-0';

  get(wish: TokenWish): Promise<string> {
    this.wishes.push(wish);
    return this.give(wish);
  }
}

export function setUp(options: Options = {}) {
  const world = new FakeWorld();
  const tokens = new FakeTokens();
  const manager = new WebSocketManager({
    environment: world,
    tokens,
    observer: () => new Diary(),
    maxAuthAttempts: 3,
    ...options,
  });
  return { world, tokens, manager };
}

/** A client that is live on a recipe. */
export async function setUpLive(options: Options = {}) {
  const all = setUp(options);
  all.manager.connect('pancakes').catch(() => {});
  await settled();
  all.world.socket.accept();
  await settled();
  all.world.socket.welcome();
  await settled();
  return all;
}
