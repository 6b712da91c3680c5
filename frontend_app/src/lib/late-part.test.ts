// @vitest-environment happy-dom
// Parts that are fetched when they are needed, over networks and servers that do not have them at once.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LatePart } from './late-part';

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
  // No part of this test waits for the network in the next one.
  answers = true;
  dispatchEvent(new Event('online'));
  await vi.advanceTimersByTimeAsync(0);
  vi.useRealTimers();
});

function newPart(): LatePart<string> {
  return new LatePart(async () => {
    asked += 1;
    if (!answers) throw new TypeError('failed to fetch');
    return 'the part';
  });
}

describe('a part', () => {
  it('is fetched once, when it is wanted', async () => {
    answers = true;
    const part = newPart();
    let told = 0;
    part.subscribe(() => {
      told += 1;
    });
    expect(part.state()).toBeNull();
    for (const _ of [1, 2]) part.want();
    await vi.advanceTimersByTimeAsync(0);
    part.want();
    expect(part.state()).toBe('the part');
    expect({ asked, told }).toEqual({ asked: 1, told: 2 });
  });

  it('that a server of another build does not have is asked for again, until one has it', async () => {
    const part = newPart();
    part.want();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(asked).toBe(2);
    expect(part.state()).toBeNull();
    answers = true;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(part.state()).toBe('the part');
    expect(reload).not.toHaveBeenCalled();
  });

  it('that no server has any more reloads the page, once for this build', async () => {
    serverIsThere = true;
    const [one, other] = [newPart(), newPart()];
    one.want();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked).toBe(4);
    expect(reload).toHaveBeenCalledTimes(1);
    other.want();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(reload).toHaveBeenCalledTimes(1);
    expect(other.state()).toBe('failed');
  });

  it('that failed without a network comes when the network does', async () => {
    const online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
    const part = newPart();
    part.want();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked).toBe(1);
    expect(part.state()).toBe('failed');
    expect(reload).not.toHaveBeenCalled();
    online.mockReturnValue(true);
    answers = true;
    dispatchEvent(new Event('online'));
    await vi.advanceTimersByTimeAsync(0);
    expect(part.state()).toBe('the part');
    expect(asked).toBe(2);
    const before = asked;
    dispatchEvent(new Event('online'));
    part.want();
    expect(asked).toBe(before);
  });

  it('that failed comes when the person asks', async () => {
    const part = newPart();
    part.want();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(part.state()).toBe('failed');
    answers = true;
    part.want();
    expect(part.state()).toBeNull();
    await vi.advanceTimersByTimeAsync(0);
    expect(part.state()).toBe('the part');
  });

  it('reloads no page where that cannot be noted: it might be for ever', async () => {
    serverIsThere = true;
    vi.stubGlobal('sessionStorage', undefined);
    const part = newPart();
    part.want();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(reload).not.toHaveBeenCalled();
    expect(part.state()).toBe('failed');
  });
});
