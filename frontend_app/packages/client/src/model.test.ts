// Random histories of a client, a server, a network and a token source that all fail at random.
// Whatever happened: one live socket at most, no message lost or stored twice, order kept, and no activity after disconnect.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { settled, setUp } from '../test/fake-environment.ts';
import { FakeServer } from '../test/fake-server.ts';

const RUNS = Number(process.env['MODEL_RUNS'] ?? 1_000);

type Setup = ReturnType<typeof setUpModel>;

function setUpModel() {
  const all = setUp({ maxAuthAttempts: 1_000 });
  return { ...all, server: new FakeServer(all.env), sent: [] as string[], tokenCount: 0 };
}

const TOKENS = {
  good: async (setup: Setup) => {
    setup.tokenCount += 1;
    return `good-${setup.tokenCount}`;
  },
  same: async () => 'same',
  unreachable: () => Promise.reject(new Error('unavailable')),
  throwing: () => Promise.reject(new Error('bug')),
  hanging: () => new Promise<string>(() => {}),
};

/** Makes every text different. */
let written = 0;

type Step = (setup: Setup) => unknown;

const steps: fc.Arbitrary<[string, Step]> = fc.oneof(
  { weight: 8, arbitrary: always('server accepts', ({ server }) => server.accept()) },
  { weight: 10, arbitrary: always('server reads', ({ server }) => server.read()) },
  { weight: 10, arbitrary: always('server answers', ({ server }) => server.deliver()) },
  {
    weight: 8,
    arbitrary: always('person writes', ({ manager, sent }) => {
      written += 1;
      const content = `text ${written}`;
      if (manager.sendMessage(content).ok) sent.push(content);
    }),
  },
  { weight: 2, arbitrary: always('somebody else writes', ({ server }) => server.otherWrites()) },
  {
    weight: 1,
    arbitrary: fc.nat({ max: 12 }).map(kept => [`backup of ${kept}`, backUpTo(kept)]),
  },
  { weight: 2, arbitrary: always('server requires auth', ({ server }) => server.askForAuth()) },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom(
        [1006, ''],
        [1001, ''],
        [1012, 'Service restart'],
        [1008, 'Authentication timeout'],
      )
      .map(([code, reason]) => [
        `drop ${code}`,
        ({ server }: Setup) => server.drop(code as number, reason as string),
      ]),
  },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom('online', 'offline', 'visible', 'hidden', 'frozen', 'restored')
      .map(change => [change, ({ env }: Setup) => env.emit(change as 'online')]),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(...(Object.keys(TOKENS) as (keyof typeof TOKENS)[])).map(kind => [
      `tokens ${kind}`,
      (setup: Setup) => {
        setup.tokens.respond = () => TOKENS[kind](setup);
      },
    ]),
  },
  { weight: 1, arbitrary: always('person retries', ({ manager }) => manager.retryNow()) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('rate_limited', 'unavailable', null).map(refuses => [
      `server refuses ${refuses}`,
      ({ server }: Setup) => {
        server.refuses = refuses as 'unavailable';
      },
    ]),
  },
  {
    weight: 1,
    arbitrary: always('disconnects and connects', ({ manager }) => {
      manager.disconnect();
      manager.connect('pancakes').catch(() => {});
    }),
  },
  {
    weight: 6,
    arbitrary: fc
      .constantFrom(10, 500, 3_000, 9_000, 30_000)
      .map(ms => [`${ms} ms pass`, ({ env }: Setup) => env.advance(ms)]),
  },
  {
    weight: 2,
    arbitrary: fc.double({ min: 0.05, max: 1, noNaN: true }).map(random => [
      'random number',
      ({ env }: Setup) => {
        env.random = random;
      },
    ]),
  },
) as fc.Arbitrary<[string, Step]>;

/** A message that was acknowledged and is not in the backup is lost: the client does not have it any more. */
function backUpTo(kept: number): Step {
  return ({ manager, server, sent }) => {
    const unsent = manager.getSnapshot().outbox.map(({ id }) => id);
    for (const { id, content } of server.restoreBackup(kept))
      if (!unsent.includes(id) && sent.includes(content)) sent.splice(sent.indexOf(content), 1);
  };
}

function always(name: string, step: Step): fc.Arbitrary<[string, Step]> {
  return fc.constant([name, step]);
}

function alwaysHolds({ env, manager, server }: Setup): void {
  expect(env.live.length, 'live sockets').toBeLessThanOrEqual(1);
  expect(server.violations, 'messages before the sign-in').toBe(0);
  const shown = manager.getSnapshot().messages.map(({ revision }) => revision);
  expect(shown, 'order of what is shown').toEqual([...new Set(shown)].sort((a, b) => a - b));
  if (manager.state !== 'authenticated') return;
  const current = env.live[0];
  expect(current && server.welcomed.has(current), 'authenticated by this socket').toBe(true);
}

/** Everything works again: sooner or later all is delivered. */
async function heal(setup: Setup): Promise<void> {
  const { env, manager, server, tokens } = setup;
  tokens.respond = () => TOKENS.good(setup);
  server.refuses = null;
  env.random = 0.5;
  env.emit('online');
  env.emit('visible');
  if (manager.state === 'disconnected') manager.retryNow();
  for (let round = 0; round < 600; round += 1) {
    server.accept();
    server.read();
    server.deliver();
    await env.advance(round % 3 === 0 ? 200 : 0);
    alwaysHolds(setup);
    const { state, outbox } = manager.getSnapshot();
    if (state === 'authenticated' && outbox.length === 0 && round > 60) return;
  }
}

async function endsWell(setup: Setup): Promise<void> {
  const { env, manager, server, sent } = setup;
  const mine = server.stored.filter(({ author }) => author.id === 'u-ada');
  const texts = mine.map(({ content }) => content);
  expect(manager.state, 'state after healing').toBe('authenticated');
  expect(manager.getSnapshot().outbox, 'outbox after healing').toEqual([]);
  if (server.refusals === 0) expect(texts, 'stored once each, in order').toEqual(sent);
  else expect([...texts].sort(), 'stored once each').toEqual([...sent].sort());
  expect(manager.getSnapshot().messages, 'visible').toEqual(server.stored);
  expect(manager.getSnapshot().revision, 'revision').toBe(server.stored.length + 1);
  manager.disconnect();
  const opened = env.sockets.length;
  expect(env.timers.size + env.listeners.size + env.live.length, 'quiet').toBe(0);
  for (const change of ['online', 'visible', 'restored'] as const) env.emit(change);
  await env.advance(3_600_000);
  expect(env.sockets.length, 'revived sockets').toBe(opened);
}

describe('the client under random histories', () => {
  it(`keeps its promises in ${RUNS} of them`, { timeout: 180_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 60 }), async history => {
        const setup = setUpModel();
        setup.manager.connect('pancakes').catch(() => {});
        for (const [, step] of history) {
          await step(setup);
          await settled();
          alwaysHolds(setup);
        }
        await heal(setup);
        await endsWell(setup);
      }),
      {
        numRuns: RUNS,
        ...(process.env['MODEL_SEED'] ? { seed: Number(process.env['MODEL_SEED']) } : {}),
      },
    );
  });
});
