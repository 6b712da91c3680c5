// Random histories of a client, a server, a network and a token source that all misbehave.
// Whatever happened: one live socket at most, nothing lost, nothing doubled, order kept, silence after disconnect.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeServer } from '../../../test/fake-server';
import { settled, setUp } from '../../../test/fake-world';
import { TokenError } from '../auth/token-source';

const RUNS = Number(process.env['MODEL_RUNS'] ?? 1_000);

type Stage = ReturnType<typeof setTheStage>;

function setTheStage() {
  const all = setUp({ maxAuthAttempts: 1_000 });
  return { ...all, server: new FakeServer(all.world), sent: [] as string[], tokenCount: 0 };
}

const TOKENS = {
  good: async (stage: Stage) => {
    stage.tokenCount += 1;
    return `good-${stage.tokenCount}`;
  },
  same: async () => 'same',
  unreachable: () => Promise.reject(new TokenError('unavailable')),
  throwing: () => Promise.reject(new Error('bug')),
  hanging: () => new Promise<string>(() => {}),
};

/** Makes every text another. */
let written = 0;

type Move = (stage: Stage) => unknown;

const moves: fc.Arbitrary<[string, Move]> = fc.oneof(
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
  { weight: 2, arbitrary: always('server wants auth', ({ server }) => server.askForAuth()) },
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
        ({ server }: Stage) => server.drop(code as number, reason as string),
      ]),
  },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom('online', 'offline', 'shown', 'hidden', 'frozen', 'thawed')
      .map(change => [change, ({ world }: Stage) => world.tell(change as 'online')]),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(...(Object.keys(TOKENS) as (keyof typeof TOKENS)[])).map(kind => [
      `tokens ${kind}`,
      (stage: Stage) => {
        stage.tokens.give = () => TOKENS[kind](stage);
      },
    ]),
  },
  { weight: 1, arbitrary: always('person retries', ({ manager }) => manager.retryNow()) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('rate_limited', 'unavailable', null).map(refuses => [
      `server refuses ${refuses}`,
      ({ server }: Stage) => {
        server.refuses = refuses as 'unavailable';
      },
    ]),
  },
  {
    weight: 1,
    arbitrary: always('leaves and comes back', ({ manager }) => {
      manager.disconnect();
      manager.connect('pancakes').catch(() => {});
    }),
  },
  {
    weight: 6,
    arbitrary: fc
      .constantFrom(10, 500, 3_000, 9_000, 30_000)
      .map(ms => [`${ms} ms pass`, ({ world }: Stage) => world.pass(ms)]),
  },
  {
    weight: 2,
    arbitrary: fc.double({ min: 0.05, max: 1, noNaN: true }).map(luck => [
      'dice',
      ({ world }: Stage) => {
        world.luck = luck;
      },
    ]),
  },
) as fc.Arbitrary<[string, Move]>;

/** What the client was told to be stored, and is in the backup no more, nobody can send again. */
function backUpTo(kept: number): Move {
  return ({ manager, server, sent }) => {
    const unsent = manager.getSnapshot().outbox.map(({ id }) => id);
    for (const { id, content } of server.goBack(kept))
      if (!unsent.includes(id) && sent.includes(content)) sent.splice(sent.indexOf(content), 1);
  };
}

function always(name: string, move: Move): fc.Arbitrary<[string, Move]> {
  return fc.constant([name, move]);
}

function alwaysHolds({ world, manager, server }: Stage): void {
  expect(world.live.length, 'live sockets').toBeLessThanOrEqual(1);
  expect(server.violations, 'messages before the sign-in').toBe(0);
  const shown = manager.getSnapshot().messages.map(({ revision }) => revision);
  expect(shown, 'order of what is shown').toEqual([...new Set(shown)].sort((a, b) => a - b));
  if (manager.state !== 'authenticated') return;
  const current = world.live[0];
  expect(current && server.welcomed.has(current), 'authenticated by this socket').toBe(true);
}

/** Everything works again: sooner or later all is delivered. */
async function heal(stage: Stage): Promise<void> {
  const { world, manager, server, tokens } = stage;
  tokens.give = () => TOKENS.good(stage);
  server.refuses = null;
  world.luck = 0.5;
  world.tell('online');
  world.tell('shown');
  if (manager.state === 'disconnected') manager.retryNow();
  for (let round = 0; round < 600; round += 1) {
    server.accept();
    server.read();
    server.deliver();
    await world.pass(round % 3 === 0 ? 200 : 0);
    alwaysHolds(stage);
    const { state, outbox } = manager.getSnapshot();
    if (state === 'authenticated' && outbox.length === 0 && round > 60) return;
  }
}

async function endsWell(stage: Stage): Promise<void> {
  const { world, manager, server, sent } = stage;
  const mine = server.stored.filter(({ author }) => author.id === 'u-ada');
  const texts = mine.map(({ content }) => content);
  expect(manager.state, 'state after healing').toBe('authenticated');
  expect(manager.getSnapshot().outbox, 'outbox after healing').toEqual([]);
  if (server.refusals === 0) expect(texts, 'stored once each, in order').toEqual(sent);
  else expect([...texts].sort(), 'stored once each').toEqual([...sent].sort());
  expect(manager.getSnapshot().messages, 'shown').toEqual(server.stored);
  expect(manager.getSnapshot().revision, 'revision').toBe(server.stored.length + 1);
  manager.disconnect();
  const opened = world.sockets.length;
  expect(world.timers.size + world.ears.size + world.live.length, 'quiet').toBe(0);
  for (const change of ['online', 'shown', 'thawed'] as const) world.tell(change);
  await world.pass(3_600_000);
  expect(world.sockets.length, 'revived sockets').toBe(opened);
}

describe('the client under random histories', () => {
  it(`keeps its promises in ${RUNS} of them`, { timeout: 180_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(moves, { minLength: 5, maxLength: 60 }), async history => {
        const stage = setTheStage();
        stage.manager.connect('pancakes').catch(() => {});
        for (const [, move] of history) {
          await move(stage);
          await settled();
          alwaysHolds(stage);
        }
        await heal(stage);
        await endsWell(stage);
      }),
      {
        numRuns: RUNS,
        ...(process.env['MODEL_SEED'] ? { seed: Number(process.env['MODEL_SEED']) } : {}),
      },
    );
  });
});
