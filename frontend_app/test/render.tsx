// Renders a recipe's page in a real browser; the test acts as the server.
import '../src/styles/app.css';
import type { RecipeUpdatePayload } from '@recipe-chat/client';
import { Chats, ChatsContext } from '@recipe-chat/react';
import { StrictMode } from 'react';
import { render } from 'vitest-browser-react';
import { FakeEnvironment, FakeTokens } from '../packages/client/test/fake-environment';
import { type FakeSocket, messageOf, recipeOf, update } from '../packages/client/test/fake-socket';
import { RecipeChat } from '../src/components/RecipeChat';
import { Api } from '../src/lib/api';
import { StoredTokens } from '../src/lib/auth/stored-tokens';

export const ADA = { id: 'u-ada', name: 'ada' };

/** Real time, which the test runner's fake timers control; everything else as in FakeEnvironment. */
class RealTimeEnvironment extends FakeEnvironment {
  override now = () => Date.now();
  override beforePaint = (run: () => void) => queueMicrotask(run);
  override setTimer(run: () => void, delay: number): () => void {
    const timer = setTimeout(run, delay);
    return () => clearTimeout(timer);
  }
}

export const PANCAKES = recipeOf({
  description: 'Thin ones, for a lazy Sunday.',
  ingredients: [
    { id: 'i1', name: 'flour', quantity: '1 1/2', unit: 'cup', note: 'sifted' },
    { id: 'i2', name: 'milk', quantity: '300', unit: 'ml', note: '' },
    { id: 'i3', name: 'eggs', quantity: '2', unit: '', note: '' },
  ],
  steps: [
    { id: 's1', text: 'Whisk the flour and the milk.' },
    { id: 's2', text: 'Fry in butter until golden.' },
  ],
  tags: ['breakfast', 'sweet'],
});

export const CHANGED = {
  ...PANCAKES,
  servings: 6,
  ingredients: [
    { id: 'i1', name: 'flour', quantity: '2', unit: 'cup', note: 'sifted' },
    { id: 'i3', name: 'eggs', quantity: '2', unit: '', note: '' },
    { id: 'i4', name: 'salt', quantity: '1', unit: 'pinch', note: '' },
  ],
};

export async function renderRecipeChat(recipeId = 'pancakes') {
  const env = new RealTimeEnvironment();
  const tokens = new FakeTokens();
  const chats = new Chats({ ...env.options, getToken: tokens.get, maxAuthAttempts: 3 });
  const api = new Api(new StoredTokens());
  const screen = await render(
    <StrictMode>
      <ChatsContext value={chats}>
        <RecipeChat recipeId={recipeId} user={ADA} api={api} />
      </ChatsContext>
    </StrictMode>,
  );
  return { env, tokens, screen, manager: chats.get(recipeId), socket: () => env.socket };
}

export type View = Awaited<ReturnType<typeof renderRecipeChat>>;

export async function goLive(
  { env }: View,
  more: Partial<RecipeUpdatePayload> = {},
): Promise<FakeSocket> {
  await turn();
  const { socket } = env;
  socket.accept();
  await turn();
  socket.welcome({ recipe: PANCAKES, ...more });
  await turn();
  return socket;
}

/** Waits for promises and React's scheduler; works under fake timers too. */
export async function turn(): Promise<void> {
  for (let n = 0; n < 4; n += 1) {
    await new Promise<void>(resolve => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(null);
    });
  }
}

/** The server stores the last message and sends it to everybody. */
export function echoLast(
  socket: FakeSocket,
  revision: number,
  more: Partial<RecipeUpdatePayload> = {},
): void {
  const sent = socket.ofType('chat_message').at(-1);
  if (!sent) throw new Error('nothing was sent');
  const message = messageOf(revision, { id: sent.id, author: ADA, content: sent.payload.content });
  socket.say(
    'recipe_update',
    update({ revision, recipe: PANCAKES, message, in_reply_to: sent.id, ...more }),
  );
}
