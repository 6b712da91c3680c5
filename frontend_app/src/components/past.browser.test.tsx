// The past of a recipe: one change taken back and done again, the timeline, and a version restored.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { page } from 'vitest/browser';
import { messageOf, SESSION, update } from '../../packages/client/test/fake-socket';
import { expectAccessibleEverywhere } from '../../test/axe';
import { CHANGED, goLive, PANCAKES, renderRecipeChat } from '../../test/render';
import { Api, ApiError } from '../lib/api';

const LEO = { id: 'u-leo', name: 'leo' };
const MARTA = { id: 'u-marta', name: 'marta' };
const PATH = '/v1/recipes/pancakes';
const version = (revision: number, effect: string, author = LEO) => ({
  revision,
  effect,
  author,
  at: '2026-11-20T10:00:00Z',
});

let asked: string[];
let answers: Record<string, () => Response | Promise<Response>>;

beforeEach(async () => {
  await page.viewport(1280, 800);
  asked = [];
  answers = {
    [`GET ${PATH}/versions`]: () =>
      Response.json({
        versions: [version(9, 'Added salt', MARTA), version(7, 'Changed flour')],
        next_cursor: '7',
      }),
    [`GET ${PATH}/versions?before=7`]: () =>
      Response.json({ versions: [version(2, 'Added milk')] }),
    [`GET ${PATH}?revision=6`]: () => Response.json({ recipe: PANCAKES }),
    [`GET ${PATH}?revision=7`]: () => Response.json({ recipe: CHANGED }),
  };
  vi.spyOn(Api.prototype, 'call').mockImplementation(async (path, init = {}) => {
    const key = new Headers(init.headers).get('idempotency-key');
    const request = `${init.method ?? 'GET'} ${path}`;
    asked.push([request, init.body, key].filter(Boolean).join(' '));
    return answers[request]?.() ?? Response.json({});
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  localStorage.clear();
  sessionStorage.clear();
});

describe('undo', () => {
  it('names the change that it takes back, and asks once for two clicks, under one key', async () => {
    const view = await renderRecipeChat();
    const added = messageOf(2, { content: 'add dates', effect: 'Added 2 dates', author: LEO });
    const socket = await goLive(view, { revision: 2, messages: [added] });
    const undo = page.getByRole('button', { name: 'Undo: Added 2 dates (leo)' });
    await expect.element(undo).toBeVisible();
    for (let clicks = 0; clicks < 2; clicks += 1) (undo.element() as HTMLElement).click();
    await expect.element(undo).toBeDisabled();
    expect(asked).toEqual([`POST ${PATH}/undo {"revision":2} undo-2`]);
    expect(socket.ofType('chat_message')).toEqual([]);
    const undone = messageOf(3, {
      content: 'Undo the change of message 2',
      effect: 'Undid leo’s “Added 2 dates”',
    });
    socket.say('recipe_update', update({ revision: 3, recipe: PANCAKES, message: undone }));
    const redo = page.getByRole('button', { name: /^Redo: Undid/ });
    await expect.element(redo).toBeEnabled();
    (redo.element() as HTMLElement).click();
    await expect.poll(() => asked.at(-1)).toBe(`POST ${PATH}/undo {"revision":3} undo-3`);
  });

  it('sends no message in place of it, whatever the server answers', async () => {
    answers[`POST ${PATH}/undo`] = () => {
      throw new ApiError(405, '');
    };
    const view = await renderRecipeChat();
    const added = messageOf(2, { content: 'add dates', effect: 'Added 2 dates', author: LEO });
    const socket = await goLive(view, { revision: 2, messages: [added] });
    await page.getByRole('button', { name: 'Undo: Added 2 dates (leo)' }).click();
    await expect.element(page.getByText('This server does not offer this yet.')).toBeVisible();
    expect(socket.ofType('chat_message')).toEqual([]);
  });

  it('says whose later change stands on it', async () => {
    answers[`POST ${PATH}/undo`] = () => {
      throw new ApiError(409, 'marta has changed the dates since');
    };
    const view = await renderRecipeChat();
    const added = messageOf(2, { content: 'add dates', effect: 'Added 2 dates', author: LEO });
    await goLive(view, { revision: 2, messages: [added] });
    await page.getByRole('button', { name: 'Undo: Added 2 dates (leo)' }).click();
    await expect.element(page.getByText('marta has changed the dates since')).toBeVisible();
  });
});

describe('what was changed', () => {
  const changed = (revision: number, author: typeof LEO, what: string, id: string) =>
    messageOf(revision, { author, effect: 'Changed it', changes: [{ op: 'changed', what, id }] });
  const rowOf = (name: string) =>
    [...document.querySelectorAll('.recipe-row')].find(row => row.textContent?.includes(name));

  it('bears the name and the colour of whoever changed that row, also where others changed more after it', async () => {
    const view = await renderRecipeChat();
    const socket = await goLive(view, {
      revision: 3,
      messages: [changed(2, LEO, 'ingredient', 'i1'), changed(3, MARTA, 'ingredient', 'i4')],
    });
    const talk = messageOf(4, { author: MARTA, effect: 'Changed it' });
    socket.say('recipe_update', update({ revision: 4, recipe: CHANGED, message: talk }));
    await expect.poll(() => rowOf('flour')?.querySelector('.face')?.textContent).toBe('L');
    expect(rowOf('salt')?.querySelector('.face')?.textContent).toBe('M');
    const bar = (name: string) => getComputedStyle(rowOf(name) as Element, '::after').width;
    expect(bar('flour')).toBe('3px');
  });

  it('since the last visit is marked, opens the history there, and is known on the next visit', async () => {
    localStorage.setItem('kept:seen:u-ada:pancakes', '6');
    const messages = [
      changed(6, LEO, 'ingredient', 'i2'),
      changed(7, LEO, 'ingredient', 'i1'),
      changed(8, { id: 'u-ada', name: 'ada' }, 'ingredient', 'i3'),
      changed(9, MARTA, 'step', 's2'),
    ];
    const view = await renderRecipeChat();
    await goLive(view, { revision: 9, messages });
    const marks = () =>
      [...document.querySelectorAll('.change-mark')].map(mark => mark.closest('li')?.textContent);
    await expect.poll(marks).toEqual(['1½ cups flour, siftedL', 'Fry in butter until golden.M']);
    await expectAccessibleEverywhere();
    await page.getByRole('button', { name: 'Changed by leo: show in the history' }).click();
    await expect
      .poll(() => document.querySelector('.version[aria-expanded="true"]')?.textContent)
      .toContain('Changed flour');
    await page.getByRole('button', { name: 'Close' }).click();
    await view.screen.unmount();
    await goLive(await renderRecipeChat(), { revision: 9, messages });
    await expect.poll(() => rowOf('flour')?.textContent).toContain('flour');
    expect(marks()).toEqual([]);
  });

  it('is no news on the first visit', async () => {
    await goLive(await renderRecipeChat(), {
      revision: 2,
      messages: [changed(2, LEO, 'ingredient', 'i1')],
    });
    await expect.poll(() => rowOf('flour')?.textContent).toContain('flour');
    expect(document.querySelector('.change-mark')).toBeNull();
  });
});

describe('the history', () => {
  const open = async (role = 'editor') => {
    const view = await renderRecipeChat();
    await goLive(view, { session: { ...SESSION, role } });
    document.querySelector('summary')?.click();
    await page.getByRole('button', { name: 'History…' }).click();
    await expect.element(page.getByRole('dialog', { name: 'History' })).toBeVisible();
    await expect.element(page.getByText(/^Changed flour/)).toBeVisible();
  };

  it('shows who did what, page by page, what one version changed, and restores it', async () => {
    await open();
    await page.getByRole('button', { name: 'Show earlier' }).click();
    await expect.element(page.getByText(/^Added milk/)).toBeVisible();
    await page.getByRole('button', { name: /Changed flour/ }).click();
    await expect
      .poll(() => [...document.querySelectorAll('.difference p')].map(one => one.textContent))
      .toEqual([
        'Serves 4 Serves 6',
        '1 1/2 cup flour, sifted 2 cup flour, sifted',
        '300 ml milk ',
        ' 1 pinch salt',
      ]);
    await page.getByRole('button', { name: 'Restore this version' }).click();
    await expect.poll(() => asked).toContain(`POST ${PATH}/restore {"revision":7} restore-7-9`);
  });

  it('compares a version with now, and shows the whole as it was', async () => {
    answers[`GET ${PATH}?revision=9`] = () =>
      Response.json({ recipe: { ...CHANGED, title: 'Thick pancakes', servings: 2 } });
    await open();
    await page.getByRole('button', { name: /Changed flour/ }).click();
    await page.getByRole('button', { name: 'Compare with now' }).click();
    await expect
      .poll(() => [...document.querySelectorAll('.difference p')].map(one => one.textContent))
      .toEqual(['Pancakes Thick pancakes', 'Serves 6 Serves 2']);
    await page.getByRole('button', { name: 'View', exact: true }).click();
    await expect.element(page.getByRole('heading', { name: 'Pancakes', level: 3 })).toBeVisible();
    const shown = document.querySelector('.recipe-outline')?.textContent;
    for (const part of ['2 cups', 'flour, sifted', 'Fry in butter until golden.'])
      expect(shown).toContain(part);
    await page.getByRole('button', { name: /Added salt/ }).click();
    await expect
      .element(page.getByRole('button', { name: 'Compare with now' }))
      .not.toBeInTheDocument();
  });

  it('has timers as lines of their own, not as versions that one could restore', async () => {
    answers[`GET ${PATH}/versions`] = () =>
      Response.json({
        versions: [
          version(11, 'Stopped the pasta timer'),
          version(10, 'Started a timer of 9 minutes for pasta', MARTA),
          version(9, 'Added a kitchen timer', MARTA),
          version(7, 'Changed flour'),
        ],
      });
    await open();
    const rows = [...document.querySelectorAll('.version')].map(one => one.textContent);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatch(/Added a kitchen timer.*Now/);
    const lines = [...document.querySelectorAll('.history .system')].map(one => one.textContent);
    expect(lines[1]).toMatch(/^marta started a timer of 9 minutes for pasta · /);
    await page.getByRole('button', { name: /Changed flour/ }).click();
    await page.getByRole('button', { name: 'Restore this version' }).click();
    await expect.poll(() => asked).toContain(`POST ${PATH}/restore {"revision":7} restore-7-11`);
  });

  it('is for looking at only where one may only read', async () => {
    await open('viewer');
    await page.getByRole('button', { name: /Changed flour/ }).click();
    await expect.poll(() => document.querySelectorAll('.difference p').length).toBe(4);
    await expect
      .element(page.getByRole('button', { name: 'Restore this version' }))
      .not.toBeInTheDocument();
  });

  it('has no axe violations, at any width in either theme', async () => {
    await open();
    await page.getByRole('button', { name: /Changed flour/ }).click();
    await expect.poll(() => document.querySelectorAll('.difference p').length).toBe(4);
    await expectAccessibleEverywhere('dialog');
  });
});
