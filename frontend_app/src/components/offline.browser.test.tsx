// A recipe's page without a connection, and one that is not in sight: what this browser has kept, and notices of changes.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { page } from 'vitest/browser';
import { messageOf, update } from '../../packages/client/test/fake-socket';
import { expectAccessibleEverywhere } from '../../test/axe';
import { ADA, CHANGED, goLive, PANCAKES, renderRecipeChat, turn } from '../../test/render';
import { keepRecipe, readKept } from '../lib/kept-recipes';

const LEO = { id: 'u-leo', name: 'leo' };
const said = messageOf(4, { content: 'add salt', effect: 'Added salt', author: LEO });

beforeEach(async () => {
  await page.viewport(1280, 800);
  localStorage.setItem('recipe_chat_user', JSON.stringify(ADA));
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  Reflect.deleteProperty(document, 'hidden');
  document.documentElement.dataset['theme'] = 'auto';
  localStorage.clear();
  sessionStorage.clear();
});

const keepPancakes = () =>
  keepRecipe(ADA.id, 'pancakes', { recipe: PANCAKES, messages: [said], role: 'editor' });

describe('without a connection', () => {
  it('the recipe is shown as it was kept, can be cooked, and is the server’s own when that is back', async () => {
    keepPancakes();
    const view = await renderRecipeChat();
    await turn();
    view.env.socket.drop(1006, '');
    await expect
      .element(page.getByText('No connection. This is the recipe as you had it just now.'))
      .toBeVisible();
    expect(document.querySelector('.recipe-card h1')?.textContent).toBe('Pancakes');
    await expect.element(page.getByText('add salt', { exact: true })).toBeVisible();
    await expect.element(page.getByRole('textbox', { name: 'Message' })).toBeDisabled();
    await expect.element(page.getByRole('button', { name: /^Undo/ })).toBeDisabled();
    await page.getByRole('button', { name: 'Cook' }).click();
    await expect.element(page.getByText('Step 1 of 2')).toBeVisible();
    (document.querySelector('dialog') as HTMLDialogElement).close();
    await expectAccessibleEverywhere();
    view.manager.retryNow();
    await goLive(view, { recipe: CHANGED, revision: 5, messages: [messageOf(5)] });
    await expect.element(page.getByText('salt', { exact: true })).toBeVisible();
    await expect
      .element(page.getByText('No connection.', { exact: false }))
      .not.toBeInTheDocument();
  });

  it('nothing is shown of a recipe that another person has kept', async () => {
    keepPancakes();
    localStorage.setItem(
      'kept:recipe:u-leo/pancakes',
      localStorage.getItem('kept:recipe:u-ada/pancakes') ?? '',
    );
    localStorage.removeItem('kept:recipe:u-ada/pancakes');
    const view = await renderRecipeChat();
    await turn();
    view.env.socket.drop(1006, '');
    await expect.poll(() => view.manager.getSnapshot().retryAt).not.toBeNull();
    await turn();
    expect(document.querySelector('.recipe-card')?.getAttribute('aria-busy')).toBe('true');
    await expect
      .element(page.getByText('No connection. The recipe is shown when you’re back.'))
      .toBeVisible();
  });

  it('a recipe that is open is kept, and forgotten when its reader may not see it any more', async () => {
    const view = await renderRecipeChat();
    await goLive(view, { revision: 4, messages: [said] });
    await expect.poll(() => readKept(ADA.id, 'pancakes')?.recipe.title).toBe('Pancakes');
    view.env.socket.drop(1008, 'Not allowed');
    await expect
      .element(page.getByRole('heading', { name: 'You no longer have access' }))
      .toBeVisible();
    expect(readKept(ADA.id, 'pancakes')).toBeNull();
  });
});

describe('notices of changes', () => {
  let shown: string[];

  beforeEach(() => {
    shown = [];
    class Fake {
      static permission = 'granted';
      static requestPermission = async () => Fake.permission;
      constructor(title: string, { body, tag }: NotificationOptions) {
        shown.push(`${title} · ${body} · ${tag}`);
      }
    }
    vi.stubGlobal('Notification', Fake);
  });

  const hide = () => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });
  };

  it('come when the person asked for them, looks elsewhere, and another changes the recipe', async () => {
    const view = await renderRecipeChat();
    const socket = await goLive(view, { revision: 4, messages: [said] });
    const change = (revision: number, more = {}) => {
      const message = messageOf(revision, {
        effect: `Added ${revision} eggs`,
        author: LEO,
        ...more,
      });
      socket.say('recipe_update', update({ revision, recipe: PANCAKES, message }));
      return expect.poll(() => view.manager.getSnapshot().messages.at(-1)?.revision).toBe(revision);
    };
    hide();
    await change(5);
    document.querySelector('summary')?.click();
    await page.getByRole('button', { name: 'Notify me of changes: Off' }).click();
    await expect
      .element(page.getByRole('button', { name: 'Notify me of changes: On' }))
      .toBeVisible();
    await change(6, { author: ADA });
    await change(7, { effect: null });
    await change(8, { content: 'timer 9 minutes', effect: 'Started a timer of 9 minutes' });
    Reflect.deleteProperty(document, 'hidden');
    await change(9);
    hide();
    await change(10);
    await expect.poll(() => shown).toEqual(['Pancakes · leo: Added 10 eggs · /r/pancakes']);
  });

  it('cannot be had where the browser blocks them, and the menu says so', async () => {
    Reflect.set(Notification, 'permission', 'denied');
    await goLive(await renderRecipeChat());
    document.querySelector('summary')?.click();
    await page.getByRole('button', { name: 'Notify me of changes: Off' }).click();
    await expect
      .element(page.getByText('Your browser blocks notifications', { exact: false }))
      .toBeVisible();
    await expect
      .element(page.getByRole('button', { name: 'Notify me of changes: Off' }))
      .toBeVisible();
  });
});
