// @vitest-environment happy-dom
// Components get what they select, the same functions for ever, and render when their part changes.
import { act, cleanup, render } from '@testing-library/react';
import { type ReactNode, StrictMode, Suspense } from 'react';
import { renderToString } from 'react-dom/server';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeEnvironment, FakeTokens } from '../../client/test/fake-environment.ts';
import { messageOf, update } from '../../client/test/fake-socket.ts';
import type { Chat } from './chat.ts';
import { Chats } from './chats.ts';
import { RecipeChatProvider } from './RecipeChatProvider.tsx';
import { useConnectionState, usePresence, useRecipeChat } from './useRecipeChat.ts';

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

async function renderLive(children: ReactNode) {
  const page = render(
    <StrictMode>
      <RecipeChatProvider chats={chats} recipeId="pancakes">
        {children}
      </RecipeChatProvider>
    </StrictMode>,
  );
  await act(() => vi.advanceTimersByTimeAsync(1));
  env.socket.accept();
  await act(async () => env.socket.welcome());
  return page;
}

const say = (type: string, payload: unknown) => act(async () => env.socket.say(type, payload));
const someone = (revision: number) => update({ revision, message: messageOf(revision) });

describe('useRecipeChat', () => {
  it('renders again when the selected part changes, and for nothing else', async () => {
    let [titles, counts] = [0, 0];
    const Title = () => {
      titles += 1;
      return useRecipeChat(chat => chat.recipe?.title);
    };
    const Count = () => {
      counts += 1;
      const { length, state } = useRecipeChat(chat => ({
        length: chat.messages.length,
        state: chat.state,
      }));
      return `${length} ${state}`;
    };
    const page = await renderLive([<Title key="t" />, ' ', <Count key="c" />]);
    expect(page.container.textContent).toBe('Pancakes 0 authenticated');
    const [titlesBefore, countsBefore] = [titles, counts];
    await say('recipe_update', someone(2));
    expect(page.container.textContent).toBe('Pancakes 1 authenticated');
    expect(titles).toBe(titlesBefore);
    expect(counts).toBeGreaterThan(countsBefore);
    const afterMessage = counts;
    await say('presence', { people: [], count: 0 });
    expect(counts).toBe(afterMessage);
  });

  it('gives the same functions at every render, and they work', async () => {
    const seen = new Set<Chat['send']>();
    let send: Chat['send'] | undefined;
    const Probe = () => {
      const chat = useRecipeChat();
      seen.add(chat.send);
      send = chat.send;
      return chat.messages.length;
    };
    await renderLive(<Probe />);
    await say('recipe_update', someone(2));
    await say('recipe_update', someone(3));
    expect(seen.size).toBe(1);
    await act(async () => send?.('add salt'));
    expect(env.socket.last).toMatchObject({ payload: { content: 'add salt' } });
  });

  it('says what is missing without a provider', () => {
    const Probe = () => useRecipeChat(chat => chat.state);
    expect(() => renderToString(<Probe />)).toThrow('RecipeChatProvider');
  });

  it('renders on a server, where nothing connects', () => {
    const Probe = () => `${useConnectionState().state} ${usePresence().count}`;
    const page = renderToString(
      <RecipeChatProvider chats={chats} recipeId="pancakes">
        <Probe />
      </RecipeChatProvider>,
    );
    expect(page).toBe('disconnected 0');
    expect(env.sockets).toHaveLength(0);
  });

  it('connects nobody for a render that React throws away', async () => {
    const never = new Promise(() => {});
    const Suspends = () => {
      throw never;
    };
    const page = render(
      <Suspense fallback="waiting">
        <RecipeChatProvider chats={chats} recipeId="waffles">
          <Suspends />
        </RecipeChatProvider>
      </Suspense>,
    );
    await act(() => vi.advanceTimersByTimeAsync(1));
    expect(page.container.textContent).toBe('waiting');
    page.unmount();
    await vi.advanceTimersByTimeAsync(1);
    expect(env.live.length + env.timers.size + env.listeners.size + vi.getTimerCount()).toBe(0);
  });
});

describe('usePresence and useConnectionState', () => {
  it('show who is here and how the connection is', async () => {
    const Probe = () => {
      const { people, count } = usePresence();
      const { state, reason } = useConnectionState();
      return `${people.map(({ name }) => name)} ${count} ${state} ${reason?.reason ?? ''}`;
    };
    const page = await renderLive(<Probe />);
    expect(page.container.textContent).toBe(' 0 authenticated ');
    const leo = { id: 'u-leo', name: 'leo', role: 'editor', typing: true };
    await say('presence', { people: [leo], count: 1 });
    expect(page.container.textContent).toBe('leo 1 authenticated ');
    await act(async () => env.socket.drop(1012, 'Service restart'));
    expect(page.container.textContent).toBe('leo 1 reconnecting Service restart');
    await act(async () => chats.get('pancakes').disconnect());
    expect(page.container.textContent).toBe(' 0 disconnected Disconnected');
  });
});
