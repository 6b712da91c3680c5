// The people of a recipe, as the owner and as others see them, and the import of a recipe. The test acts as the server.
import jsQR from 'jsqr';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { expectAccessibleEverywhere } from '../../test/axe';
import { goLive, renderRecipeChat } from '../../test/render';
import { Api, ApiError } from '../lib/api';
import type { Sharing } from '../lib/sharing';

const BOB = { name: 'bob', role: 'viewer', joined: true } as const;
const CLARA = { name: 'clara', role: 'editor', joined: false } as const;

const LINK = { id: 'l1', role: 'viewer', url: 'http://127.0.0.1/i/4Zkx', expires_at: null };

let asked: string[];
let sharing: Sharing;
let isAway: boolean;
/** What a change waits for before it is answered. */
let hold: Promise<unknown>;
let answerLinks: () => Response;

beforeEach(async () => {
  asked = [];
  isAway = false;
  hold = Promise.resolve();
  answerLinks = () => Response.json({ links: [] });
  const owner = { id: 'u-ada', name: 'ada' };
  sharing = { visibility: 'public', owner, members: [BOB, CLARA], your_role: 'owner' };
  vi.spyOn(Api.prototype, 'call').mockImplementation(
    async (path, { method = 'GET', body } = {}) => {
      if (path.endsWith('/members')) return Response.json(sharing);
      if (path.endsWith('/links') && method === 'GET') return answerLinks();
      asked.push(`${method} ${path} ${body ?? ''}`.trim());
      if (isAway) throw new ApiError(0, '');
      await hold;
      if (path.endsWith('/links')) return Response.json(LINK, { status: 201 });
      return new Response(null, { status: 204 });
    },
  );
  await page.viewport(1280, 800);
});

afterEach(() => {
  vi.restoreAllMocks();
  localStorage.clear();
  sessionStorage.clear();
});

async function openPeople() {
  const view = await renderRecipeChat();
  await goLive(view);
  await page.getByRole('button', { name: 'Share', exact: true }).click();
  await expect.element(page.getByRole('dialog', { name: 'Share this recipe' })).toBeVisible();
  await expect.element(page.getByText(/^clara/)).toBeVisible();
}

const people = () =>
  [...document.querySelectorAll('.person')].map(({ textContent }) => textContent);

describe('the owner', () => {
  it('sees who has joined and who is only invited', async () => {
    await openPeople();
    expect(people()[0]).toContain('ada (you)Owner');
    expect(people()[1]).not.toContain('invited');
    expect(people()[2]).toContain('clara invited');
    await expect.element(page.getByLabelText('Role of bob')).toHaveValue('viewer');
  });

  it('invites by name with a role', async () => {
    await openPeople();
    await page.getByRole('textbox', { name: 'Invite by username' }).fill(' dora ');
    await page.getByLabelText('Role', { exact: true }).selectOptions('viewer');
    sharing = { ...sharing, members: [BOB, CLARA, { ...CLARA, name: 'dora' }] };
    await userEvent.click(page.getByRole('button', { name: 'Invite' }));
    await expect.element(page.getByText('dora can view now.')).toBeVisible();
    expect(asked).toEqual(['PUT /v1/recipes/pancakes/members/dora {"role":"viewer"}']);
    await expect.poll(people).toHaveLength(4);
    await expect.element(page.getByRole('textbox', { name: 'Invite by username' })).toHaveValue('');
  });

  it('changes a role, removes a person, and makes the recipe private', async () => {
    await openPeople();
    await page.getByLabelText('Role of bob').selectOptions('editor');
    await expect.element(page.getByText('Saved.')).toBeVisible();
    await page.getByRole('button', { name: 'Remove clara' }).click();
    await expect.element(page.getByText('clara no longer has access.')).toBeVisible();
    await page.getByLabelText('Nobody: only the people above').click();
    await expect
      .poll(() => asked)
      .toEqual([
        'PUT /v1/recipes/pancakes/members/bob {"role":"editor"}',
        'DELETE /v1/recipes/pancakes/members/clara',
        'PUT /v1/recipes/pancakes/visibility {"visibility":"private"}',
      ]);
  });

  it('chooses who may see the recipe also while an invitation is under way', async () => {
    await openPeople();
    let answer = () => {};
    hold = new Promise<void>(resolve => {
      answer = resolve;
    });
    await page.getByRole('textbox', { name: 'Invite by username' }).fill('dora');
    await page.getByRole('button', { name: 'Invite' }).click();
    await page.getByLabelText('Nobody: only the people above').click();
    answer();
    await expect.element(page.getByText('Saved.')).toBeVisible();
    expect(asked).toEqual([
      'PUT /v1/recipes/pancakes/members/dora {"role":"editor"}',
      'PUT /v1/recipes/pancakes/visibility {"visibility":"private"}',
    ]);
  });

  it('sees an error when a call fails, and keeps the name', async () => {
    await openPeople();
    isAway = true;
    await page.getByRole('textbox', { name: 'Invite by username' }).fill('dora');
    await page.getByRole('button', { name: 'Invite' }).click();
    await expect.element(page.getByText('That did not work. Try again.')).toBeVisible();
    await expect
      .element(page.getByRole('textbox', { name: 'Invite by username' }))
      .toHaveValue('dora');
  });

  it('makes a link with a role, copies it also without a clipboard for scripts, and takes it back', async () => {
    await openPeople();
    await page.getByLabelText('Anyone with the link').selectOptions('viewer');
    await page.getByRole('button', { name: 'Create link' }).click();
    await expect.element(page.getByLabelText('The link')).toHaveValue(LINK.url);
    expect(asked).toEqual(['POST /v1/recipes/pancakes/links {"role":"viewer"}']);
    await expect.poll(readQrCode).toBe(LINK.url);
    vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new Error('not on plain HTTP'));
    const copied: string[] = [];
    vi.spyOn(document, 'execCommand').mockImplementation(() => {
      copied.push(document.querySelector('textarea[readonly]')?.textContent ?? '');
      copied.push(String(getSelectedText()));
      return true;
    });
    await page.getByRole('button', { name: 'Copy link' }).click();
    await expect.element(page.getByRole('button', { name: 'Copied' })).toBeVisible();
    expect(copied).toContain(LINK.url);
    answerLinks = () => Response.json({ links: [LINK] });
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'Share', exact: true }).click();
    await page.getByRole('button', { name: 'Take back' }).click();
    await expect.poll(() => asked.at(-1)).toBe('DELETE /v1/recipes/pancakes/links/l1');
  });

  it('sends a link with the sheet of the system, where there is one', async () => {
    const sent: ShareData[] = [];
    Reflect.set(navigator, 'share', async (data: ShareData) => void sent.push(data));
    await openPeople();
    await page.getByRole('button', { name: 'Create link' }).click();
    await page.getByRole('button', { name: 'Send…' }).click();
    Reflect.deleteProperty(navigator, 'share');
    expect(sent).toEqual([{ title: 'Come and cook with me', url: LINK.url }]);
  });

  it('has a link with its code and no axe violations, at any width in either theme', async () => {
    await openPeople();
    await page.getByRole('button', { name: 'Create link' }).click();
    await expect.element(page.getByRole('img', { name: 'QR code of the link' })).toBeVisible();
    await expectAccessibleEverywhere('dialog');
  });

  it('is offered no links where the server has none', async () => {
    answerLinks = () => {
      throw new ApiError(404, '');
    };
    await openPeople();
    await expect.poll(() => document.querySelector('.share-links')).toBeNull();
  });

  it('opens the recipe to everybody, and is shown where its public page is', async () => {
    sharing = { ...sharing, visibility: 'public' };
    await openPeople();
    const link = page.getByRole('link', { name: 'Public page' });
    await expect.element(link).toHaveAttribute('href', '/p/pancakes');
    await page.getByLabelText('has its address can edit', { exact: false }).click();
    await expect.poll(() => asked.at(-1)).toContain('{"visibility":"open"}');
  });

  it('sees every text and control inside the dialog, down to 320 pixels', async () => {
    await openPeople();
    for (const width of [1280, 390, 320]) {
      await page.viewport(width, 800);
      const dialog = document.querySelector('dialog') as HTMLElement;
      const { left, right } = dialog.getBoundingClientRect();
      for (const part of dialog.querySelectorAll('button, input, select, label, li')) {
        const box = part.getBoundingClientRect();
        const name = `${part.textContent} at ${width}`;
        expect(box.left, name).toBeGreaterThanOrEqual(left);
        expect(box.right, name).toBeLessThanOrEqual(right);
        expect(part.scrollWidth, name).toBeLessThanOrEqual(part.clientWidth + 2);
      }
    }
    await page.viewport(1280, 800);
  });

  it('gets a dialog without axe violations, at any width in either theme', async () => {
    await openPeople();
    await expectAccessibleEverywhere('dialog');
  });
});

describe('everybody but the owner', () => {
  it('sees the list and can change nothing', async () => {
    sharing = { ...sharing, your_role: 'viewer' };
    await openPeople();
    expect(document.querySelectorAll('.person button, .person select, .invitation')).toHaveLength(
      0,
    );
    expect(document.querySelector('fieldset')?.disabled).toBe(true);
    await expect.element(page.getByText('Can view', { exact: true })).toBeVisible();
  });
});

describe('a member', () => {
  it('may leave, and is asked once more', async () => {
    const owner = { id: 'u-bob', name: 'bob' };
    const members = [
      { name: 'ada', role: 'editor', joined: true },
      { name: 'clara', role: 'viewer', joined: true },
    ] as const;
    sharing = { visibility: 'private', owner, members: [...members], your_role: 'editor' };
    await openPeople();
    await page.getByRole('button', { name: 'Leave this recipe' }).click();
    expect(asked).toEqual([]);
    await page.getByRole('button', { name: 'Leave', exact: true }).click();
    await expect.poll(() => asked).toEqual(['DELETE /v1/recipes/pancakes/members/me']);
    await expect.poll(() => location.pathname).toBe('/');
  });
});

/** What a telephone reads that is held over the screen. */
async function readQrCode(): Promise<string | undefined> {
  const drawing = document.querySelector('.qr-code');
  if (!drawing) return undefined;
  const side = 300;
  const image = new Image(side, side);
  const svg = new XMLSerializer().serializeToString(drawing);
  image.src = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = side;
  const context = canvas.getContext('2d');
  context?.drawImage(image, 0, 0, side, side);
  const pixels = context?.getImageData(0, 0, side, side).data;
  return pixels && jsQR(pixels, side, side)?.data;
}

/** What is selected in a field, as `copy` takes it. */
function getSelectedText(): string {
  const field = document.activeElement;
  if (!(field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement)) return '';
  return field.value.slice(field.selectionStart ?? 0, field.selectionEnd ?? 0);
}
