// A recipe's page in a real browser, with a server that the test plays.
import '../src/styles/app.css';
import { StrictMode } from 'react';
import { render } from 'vitest-browser-react';
import { RecipeChat } from '../src/components/RecipeChat';
import { Chats, ChatsContext } from '../src/hooks/useWebSocket';
import { Api } from '../src/lib/api';
import { StoredTokens } from '../src/lib/auth/stored-tokens';
import type { RecipeUpdatePayload } from '../src/lib/ws/protocol';
import { type FakeSocket, messageOf, recipeOf, update } from './fake-socket';
import { FakeTokens, FakeWorld } from './fake-world';

export const ADA = { id: 'u-ada', name: 'ada' };

/** Real time, so that fake timers of the test runner rule it; everything else as in FakeWorld. */
class BrowserWorld extends FakeWorld {
  override luck = 0.5;
  override moment = () => ({
    now: Date.now(),
    dice: this.luck,
    id: this.newId(),
    hidden: this.hidden,
    offline: this.offline,
  });
  override soon = (run: () => void) => queueMicrotask(run);
  override setTimer(run: () => void, after: number): () => void {
    const timer = setTimeout(run, after);
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

export async function putOnStage(recipeId = 'pancakes') {
  const world = new BrowserWorld();
  const tokens = new FakeTokens();
  const chats = new Chats({ environment: world, tokens, maxAuthAttempts: 3 });
  const api = new Api(new StoredTokens());
  const screen = await render(
    <StrictMode>
      <ChatsContext value={chats}>
        <RecipeChat recipeId={recipeId} user={ADA} api={api} />
      </ChatsContext>
    </StrictMode>,
  );
  return { world, tokens, screen, manager: chats.of(recipeId), socket: () => world.socket };
}

export type Stage = Awaited<ReturnType<typeof putOnStage>>;

export async function goLive(
  { world }: Stage,
  more: Partial<RecipeUpdatePayload> = {},
): Promise<FakeSocket> {
  await turn();
  const { socket } = world;
  socket.accept();
  await turn();
  socket.welcome({ recipe: PANCAKES, ...more });
  await turn();
  return socket;
}

/** Lets promises and React's scheduler have their turn; works under fake timers too. */
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

/** The server stores what was sent last and tells everybody. */
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
