// @vitest-environment happy-dom
// One connection per recipe, however often React mounts the components.
import { act, cleanup, render } from '@testing-library/react';
import { StrictMode } from 'react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeEnvironment, FakeTokens } from '../../client/test/fake-environment.ts';
import { Chats, ChatsContext } from './chats.ts';
import { useWebSocket } from './useWebSocket.ts';

let env: FakeEnvironment;
let chats: Chats;

beforeEach(() => {
  vi.useFakeTimers();
  env = new FakeEnvironment();
  chats = new Chats({ ...env.options, getToken: new FakeTokens().get });
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

function Probe({ recipeId }: { recipeId: string }) {
  const { state, messages } = useWebSocket(recipeId);
  return (
    <p>
      {recipeId} {state} {messages.length}
    </p>
  );
}

const app = (recipeId: string, copies = 1) => (
  <StrictMode>
    <ChatsContext value={chats}>
      {Array.from({ length: copies }, (_, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the copies are all the same
        <Probe key={at} recipeId={recipeId} />
      ))}
    </ChatsContext>
  </StrictMode>
);

const perRecipe = () => {
  const counts = new Map<string, number>();
  for (const { recipeId } of env.live) counts.set(recipeId, (counts.get(recipeId) ?? 0) + 1);
  return counts;
};

describe('useWebSocket', () => {
  it('returns the snapshot of the client', async () => {
    const page = render(app('pancakes'));
    await act(() => vi.advanceTimersByTimeAsync(1));
    env.socket.accept();
    await act(async () => env.socket.welcome());
    expect(page.container.textContent).toBe('pancakes authenticated 0');
  });

  it('opens one socket for many components under StrictMode', async () => {
    render(app('pancakes', 5));
    await act(() => vi.advanceTimersByTimeAsync(1));
    expect(env.sockets).toHaveLength(1);
  });

  it('never has two sockets of one recipe over 50 quick switches', async () => {
    const page = render(app('r-0'));
    for (let n = 1; n <= 50; n += 1) {
      page.rerender(app(`r-${n % 3}`));
      const settles = n % 4 === 0;
      if (settles) await act(() => vi.advanceTimersByTimeAsync(1));
      expect(Math.max(0, ...perRecipe().values())).toBeLessThanOrEqual(1);
      expect(env.live.length, 'sockets after a pause').toBeGreaterThanOrEqual(settles ? 1 : 0);
    }
    await act(() => vi.advanceTimersByTimeAsync(1));
    expect(env.live.map(({ recipeId }) => recipeId)).toEqual(['r-2']);
    page.unmount();
    await vi.advanceTimersByTimeAsync(1);
    expect(env.live.length + env.timers.size + env.listeners.size + vi.getTimerCount()).toBe(0);
  });

  it('leaves no socket, timer or listener after 20 mounts', async () => {
    for (let visit = 0; visit < 20; visit += 1) {
      const page = render(app('pancakes'));
      await act(() => vi.advanceTimersByTimeAsync(1));
      expect(env.live).toHaveLength(1);
      page.unmount();
      await vi.advanceTimersByTimeAsync(1);
      expect(env.live.length + env.timers.size + env.listeners.size + vi.getTimerCount()).toBe(0);
    }
  });
});
