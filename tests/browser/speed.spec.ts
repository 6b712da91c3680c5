// Speed: layout shift, first paint, bursts, long conversations, and the back button.
import { chromium, type Page } from '@playwright/test';
import { ChatPage, expect, newRecipe, test } from './chat-page';
import { FaultyProxy } from './faulty-proxy';
import { loadFactor } from './machine';
import { Server } from './server';

const BURSTS = 3;

let server: Server;
test.beforeAll(async () => {
  server = await Server.start();
});
test.afterAll(() => server.remove());

/** Runs in the page before anything else: records what the browser measures. */
function measure(): void {
  const measured = { shift: 0, paint: 0 };
  Reflect.set(window, 'measured', measured);
  const observe = (type: string, note: (entry: PerformanceEntry) => void) =>
    new PerformanceObserver(list => list.getEntries().forEach(note)).observe({ type, buffered: true });
  observe('layout-shift', entry => {
    if (!Reflect.get(entry, 'hadRecentInput')) measured.shift += Reflect.get(entry, 'value') as number;
  });
  observe('largest-contentful-paint', entry => {
    measured.paint = entry.startTime;
  });
}

const measurements = (page: Page) =>
  page.evaluate(() => Reflect.get(window, 'measured') as { shift: number; paint: number });

test('the layout does not shift, from the load over three changes and a refused message to a reconnection', async ({ page, context, consoleWatch }) => {
  consoleWatch.expectNetworkErrors();
  await page.addInitScript(measure);
  await refuse(page, 'refuse me');
  const recipe = newRecipe();
  const chat = await ChatPage.openAsGuest(page, server.url, recipe);
  await page.reload();
  await chat.expectConnected();
  for (const text of ['add 2 cups flour', 'add 1 egg', 'remove flour']) await chat.send(text);
  await expect(chat.messages).toHaveCount(3);
  await chat.send('refuse me');
  await expect(page.getByText('Not sent: Only members may write.')).toBeVisible();
  await page.waitForTimeout(1_000);
  await context.setOffline(true);
  await chat.send('while away');
  await page.waitForTimeout(1_500);
  await context.setOffline(false);
  await chat.expectConnected();
  await expect(chat.page.locator('.pending')).toHaveCount(0);
  await page.waitForTimeout(500);
  const { shift } = await measurements(page);
  test.info().annotations.push({ type: 'CLS', description: shift.toFixed(4) });
  expect(shift).toBeLessThanOrEqual(0.02);
});

/** Answers one message with an error instead of passing it on. */
async function refuse(page: Page, content: string): Promise<void> {
  await page.routeWebSocket(/\/v1\/chat\//, route => {
    const upstream = route.connectToServer();
    route.onMessage(frame => {
      const { id, payload } = JSON.parse(String(frame));
      if (payload.content !== content) return upstream.send(frame);
      const error = { code: 'forbidden', message: 'Only members may write.', retryable: false, in_reply_to: id };
      route.send(JSON.stringify({ type: 'error', id: 'e1', timestamp: new Date().toISOString(), payload: error }));
    });
  });
}

test('the largest contentful paint comes within 1.5 seconds, median of five', async ({ page }) => {
  await page.addInitScript(measure);
  await ChatPage.openAsGuest(page, server.url, newRecipe());
  const times: number[] = [];
  for (let n = 0; n < 5; n += 1) {
    await page.reload();
    await new ChatPage(page).expectConnected();
    await page.waitForTimeout(200);
    times.push((await measurements(page)).paint);
  }
  const median = times.sort((a, b) => a - b)[2] ?? Infinity;
  test.info().annotations.push({ type: 'LCP', description: `${median.toFixed(0)} ms` });
  expect(median).toBeLessThanOrEqual(1_500 * loadFactor());
});

test('a thousand messages in a second are shown, and typing stays fast', async ({ page }) => {
  const proxy = await FaultyProxy.start(server.port);
  const traffic = fakeTraffic(page, proxy);
  const chat = await ChatPage.openAsGuest(page, proxy.url, newRecipe());
  const heapBefore = await heap(page);
  for (let n = 0; n < BURSTS; n += 1) {
    const tasks = await tasksDuring(page, () => sendBurst(chat, traffic));
    const [long, longest] = [tasks.filter(task => task > 50).length, Math.max(...tasks)];
    const description = `${long} long tasks of ${tasks.length}, the longest of ${longest.toFixed(0)} ms`;
    test.info().annotations.push({ type: 'burst', description });
    expect(long, description).toBeLessThanOrEqual(3);
    expect(longest, description).toBeLessThanOrEqual(100);
  }
  const keys: number[] = [];
  for (let n = 0; n < BURSTS; n += 1) {
    const [typed] = await Promise.all([typingTimes(chat), sendBurst(chat, traffic)]);
    keys.push(...typed);
  }
  // Other programs on the machine make the time from key to paint longer, which is not the time of one thread.
  const description = `p95 ${p95(keys).toFixed(0)} ms of ${keys.length} keys, ${loadFactor().toFixed(1)} processes for each processor`;
  test.info().annotations.push({ type: 'typing', description });
  expect(p95(keys), description).toBeLessThanOrEqual(100 * loadFactor());
  traffic.catchUp(10_000 - traffic.count());
  await expect(chat.messages.last()).toHaveText(`burst ${traffic.count()}`, { timeout: 20_000 });
  expect(await page.locator('.message').count()).toBeLessThanOrEqual(500);
  const growth = ((await heap(page)) - heapBefore) / 1_048_576;
  test.info().annotations.push({ type: 'heap growth', description: `${growth.toFixed(1)} MB` });
  expect(growth).toBeLessThanOrEqual(30);
  proxy.close();
});

/** A thousand messages in a second, all of which are shown within three. */
async function sendBurst(chat: ChatPage, traffic: Traffic): Promise<void> {
  await traffic.burst(1_000, 1_000);
  await expect(chat.messages.last()).toHaveText(`burst ${traffic.count()}`, { timeout: 3_000 * loadFactor() });
}

/** How long each task of the page's main thread took meanwhile, in ms. */
async function tasksDuring(page: Page, act: () => Promise<void>): Promise<number[]> {
  const browser = page.context().browser();
  await browser?.startTracing(page, { categories: ['toplevel'] });
  await act();
  return tasksOfPage(String(await browser?.stopTracing()));
}

interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  tdur?: number;
  args: { name?: string };
}

/** Measured in CPU time of the thread: other programs on the machine do not count. */
function tasksOfPage(trace: string): number[] {
  const { traceEvents } = JSON.parse(trace) as { traceEvents: TraceEvent[] };
  const threadOf = ({ pid, tid }: TraceEvent) => `${pid}/${tid}`;
  const threads = traceEvents.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain');
  const main = new Set(threads.map(threadOf));
  const times = traceEvents
    .filter(event => event.name === 'ThreadControllerImpl::RunTask' && main.has(threadOf(event)))
    // The task that stops the trace has no duration.
    .flatMap(({ tdur }) => tdur ?? []);
  expect(times.length, 'tasks in the trace').toBeGreaterThan(100);
  return times.map(time => time / 1_000);
}

function p95(times: number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.95)] ?? Infinity;
}

async function heap(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return usedSize;
}

/** From the key to the next paint, in ms. */
async function typingTimes(chat: ChatPage): Promise<number[]> {
  await chat.page.evaluate(() => {
    const times: number[] = [];
    Reflect.set(window, 'keyTimes', times);
    const field = document.querySelector('textarea');
    if (!field) return;
    field.oninput = () => {
      const pressed = performance.now();
      requestAnimationFrame(() => setTimeout(() => times.push(performance.now() - pressed)));
    };
  });
  await chat.field.pressSequentially('typing during a burst', { delay: 40 });
  return chat.page.evaluate(() => Reflect.get(window, 'keyTimes') as number[]);
}

type Traffic = ReturnType<typeof fakeTraffic>;

/** Messages of another person: frames that the test sends on the same connection, after those of the server. */
function fakeTraffic(page: Page, proxy: FaultyProxy) {
  let first: { recipe_id: string; recipe: unknown; revision: number } | null = null;
  page.on('websocket', socket =>
    socket.once('framereceived', ({ payload }) => {
      first = JSON.parse(String(payload)).payload;
    }),
  );
  let sent = 0;
  const update = (messages: number) => {
    if (!first) throw new Error('not live');
    const { recipe_id, recipe, revision } = first;
    const from = sent + 1;
    sent += messages;
    const added = Array.from({ length: messages }, (_, at) => messageOf(revision + from + at, from + at));
    const content = messages === 1 ? { message: added[0] } : { messages: added };
    const payload = { recipe_id, recipe, revision: revision + sent, ...content };
    proxy.sendFrame(JSON.stringify({ type: 'recipe_update', id: `f-${sent}`, timestamp: TIME, payload }));
  };
  return {
    count: () => sent,
    /** What a client is sent after an absence: many messages in few frames. */
    catchUp(count: number): void {
      for (let left = count; left > 0; left -= 500) update(Math.min(500, left));
    },
    async burst(count: number, duration: number): Promise<void> {
      const start = Date.now();
      for (let n = 1; n <= count; n += 1) {
        update(1);
        const due = (n / count) * duration;
        if (n % 20 === 0) await new Promise(resolve => setTimeout(resolve, Math.max(0, start + due - Date.now())));
      }
    },
  };
}

const TIME = '2026-11-22T20:36:02.000Z';

const messageOf = (revision: number, n: number) => ({
  id: `b-${n}`,
  author: { id: 'somebody', name: 'somebody' },
  content: `burst ${n}`,
  timestamp: TIME,
  revision,
  effect: null,
});

test('the back button restores the page as it was, connected within a second', async () => {
  const browser = await chromium.launch({
    ...test.info().project.use.launchOptions,
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  });
  const page = await browser.newPage();
  await page.addInitScript(() => {
    const Real = window.WebSocket;
    const sockets: { socket: WebSocket; sent: string[] }[] = [];
    Reflect.set(window, 'sockets', sockets);
    window.WebSocket = class extends Real {
      readonly #sent: string[] = [];
      constructor(...all: ConstructorParameters<typeof Real>) {
        super(...all);
        sockets.push({ socket: this, sent: this.#sent });
      }
      override send(data: string) {
        this.#sent.push(data);
        super.send(data);
      }
    };
    // Registered before the app's own listener: it sees the sockets as the page was cached.
    window.addEventListener('pageshow', event => {
      const states = sockets.map(({ socket }) => socket.readyState);
      Reflect.set(window, 'shown', { wasCached: event.persisted, states });
    });
  });
  const chat = await ChatPage.openAsGuest(page, server.url, newRecipe());
  await chat.send('before');
  await chat.expectMessages('before');
  await page.evaluate(() => Reflect.set(window, 'mark', 'same heap'));
  await page.goto(`${server.url}/healthz`);
  await page.goBack({ waitUntil: 'commit' });
  const start = Date.now();
  const limit = 1_000 * loadFactor();
  await expect(page.getByRole('textbox', { name: 'Message' })).toBeVisible();
  await expect.poll(() => page.evaluate(() => (Reflect.get(window, 'sockets') as unknown[]).length)).toBe(2);
  await chat.expectConnected();
  expect(Date.now() - start).toBeLessThanOrEqual(limit);
  const found = await page.evaluate(() => ({
    mark: Reflect.get(window, 'mark') as string,
    shown: Reflect.get(window, 'shown') as { wasCached: boolean; states: number[] },
    auth: (Reflect.get(window, 'sockets') as { sent: string[] }[])[1]?.sent[0] ?? '{}',
  }));
  expect(found.mark).toBe('same heap');
  expect(found.shown.wasCached).toBe(true);
  expect(found.shown.states[0], 'closing or closed').toBeGreaterThanOrEqual(2);
  const resume = JSON.parse(found.auth);
  expect(resume).toMatchObject({ type: 'auth', payload: { session: expect.any(String), revision: expect.any(Number) } });
  await chat.expectMessages('before');
  await browser.close();
});
