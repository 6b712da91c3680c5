// @vitest-environment happy-dom
// Modules that are fetched when they are needed, from networks and servers that fail at first.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LazyModule } from './lazy-module';

let asked: number;
let answers: boolean;
let serverIsThere: boolean;
const reload = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  sessionStorage.clear();
  asked = 0;
  answers = false;
  serverIsThere = false;
  vi.spyOn(location, 'reload').mockImplementation(reload);
  reload.mockClear();
  vi.stubGlobal('fetch', async () => {
    if (!serverIsThere) throw new TypeError('network');
    return new Response('');
  });
});

afterEach(async () => {
  // No module of this test waits for the network in the next one.
  answers = true;
  dispatchEvent(new Event('online'));
  await vi.advanceTimersByTimeAsync(0);
  vi.useRealTimers();
});

function newModule(): LazyModule<string> {
  return new LazyModule(async () => {
    asked += 1;
    if (!answers) throw new TypeError('failed to fetch');
    return 'the module';
  });
}

describe('a lazy module', () => {
  it('is fetched once, when it is needed', async () => {
    answers = true;
    const lazyModule = newModule();
    let notifications = 0;
    lazyModule.subscribe(() => {
      notifications += 1;
    });
    expect(lazyModule.state()).toBeNull();
    for (const _ of [1, 2]) lazyModule.load();
    await vi.advanceTimersByTimeAsync(0);
    lazyModule.load();
    expect(lazyModule.state()).toBe('the module');
    expect({ asked, notifications }).toEqual({ asked: 1, notifications: 2 });
  });

  it('that a server of another build does not have is fetched again, until one has it', async () => {
    const lazyModule = newModule();
    lazyModule.load();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(asked).toBe(2);
    expect(lazyModule.state()).toBeNull();
    answers = true;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(lazyModule.state()).toBe('the module');
    expect(reload).not.toHaveBeenCalled();
  });

  it('that no server has any more reloads the page, once for this build', async () => {
    serverIsThere = true;
    const [one, other] = [newModule(), newModule()];
    one.load();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked).toBe(4);
    expect(reload).toHaveBeenCalledTimes(1);
    other.load();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(reload).toHaveBeenCalledTimes(1);
    expect(other.state()).toBe('failed');
  });

  it('that failed without a network is fetched when the network is back', async () => {
    const online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
    const lazyModule = newModule();
    lazyModule.load();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked).toBe(1);
    expect(lazyModule.state()).toBe('failed');
    expect(reload).not.toHaveBeenCalled();
    online.mockReturnValue(true);
    answers = true;
    dispatchEvent(new Event('online'));
    await vi.advanceTimersByTimeAsync(0);
    expect(lazyModule.state()).toBe('the module');
    expect(asked).toBe(2);
    const before = asked;
    dispatchEvent(new Event('online'));
    lazyModule.load();
    expect(asked).toBe(before);
  });

  it('is fetched once more when the network came back while the server was looked for', async () => {
    let noServer = () => {};
    vi.stubGlobal(
      'fetch',
      () => new Promise((_, reject) => (noServer = () => reject(new TypeError()))),
    );
    const lazyModule = newModule();
    lazyModule.load();
    await vi.advanceTimersByTimeAsync(4_300);
    expect(asked).toBe(4);
    answers = true;
    dispatchEvent(new Event('online'));
    noServer();
    await vi.advanceTimersByTimeAsync(0);
    expect(lazyModule.state()).toBe('the module');
    expect(asked).toBe(5);
  });

  it('that failed without a network does not reload the page, although the server answers again', async () => {
    vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
    serverIsThere = true;
    const lazyModule = newModule();
    lazyModule.load();
    await vi.advanceTimersByTimeAsync(0);
    expect(lazyModule.state()).toBe('failed');
    expect(reload).not.toHaveBeenCalled();
  });

  it('that failed is fetched again on request', async () => {
    const lazyModule = newModule();
    lazyModule.load();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(lazyModule.state()).toBe('failed');
    answers = true;
    lazyModule.load();
    expect(lazyModule.state()).toBeNull();
    await vi.advanceTimersByTimeAsync(0);
    expect(lazyModule.state()).toBe('the module');
  });

  it('does not reload the page where that cannot be stored: it might reload for ever', async () => {
    serverIsThere = true;
    vi.stubGlobal('sessionStorage', undefined);
    const lazyModule = newModule();
    lazyModule.load();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(reload).not.toHaveBeenCalled();
    expect(lazyModule.state()).toBe('failed');
  });
});
