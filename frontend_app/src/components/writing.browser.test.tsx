// Writing in a real browser: input methods, long texts, drafts, refused and recalled messages.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { echoLast, goLive, PANCAKES, renderRecipeChat, turn, type View } from '../../test/render';

let view: View;

beforeEach(async () => {
  await page.viewport(1280, 800);
  localStorage.clear();
  sessionStorage.clear();
  view = await renderRecipeChat();
  await goLive(view);
  await page.getByRole('textbox', { name: 'Message' }).click();
});

afterEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

const field = () => document.querySelector('textarea') as HTMLTextAreaElement;
const sent = () =>
  view.env.sockets
    .flatMap(socket => socket.ofType('chat_message'))
    .map(({ payload }) => payload.content);

function press(key: string, more: KeyboardEventInit = {}): void {
  field().dispatchEvent(
    new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }),
  );
}

describe('an input method', () => {
  it('takes Enter for itself while it composes', async () => {
    await userEvent.keyboard('にほn');
    field().dispatchEvent(new CompositionEvent('compositionstart', { bubbles: true }));
    press('Enter', { isComposing: true });
    field().dispatchEvent(new CompositionEvent('compositionend', { bubbles: true }));
    expect(sent()).toEqual([]);
    press('Enter');
    expect(sent()).toEqual(['にほn']);
  });

  it('takes Enter also where the composition ends before the key (Safari)', async () => {
    await userEvent.keyboard('にほn');
    field().dispatchEvent(new CompositionEvent('compositionstart', { bubbles: true }));
    field().dispatchEvent(new CompositionEvent('compositionend', { bubbles: true }));
    press('Enter', { keyCode: 229 });
    expect(sent()).toEqual([]);
    expect(field().value).toBe('にほn');
  });
});

describe('the field', () => {
  it('has what is said about the text below it, inside the window', async () => {
    for (const [width, height] of [
      [1280, 800],
      [320, 640],
    ] as const) {
      await page.viewport(width, height);
      const note = document.querySelector('.composer-note')?.getBoundingClientRect();
      const { bottom } = field().getBoundingClientRect();
      if (note?.height) expect(note.top).toBeGreaterThanOrEqual(bottom);
      expect(window.innerHeight - bottom).toBeGreaterThanOrEqual(8);
    }
  });
});

describe('a text', () => {
  it('may have 4,000 characters; one more is reported, not cut', async () => {
    await userEvent.fill(field(), 'ß'.repeat(4_000));
    expect(document.querySelector('.composer-note')?.textContent).toBe('0 characters left');
    await userEvent.keyboard('!');
    expect(document.querySelector('.composer-note')?.textContent).toBe('1 character too many');
    press('Enter');
    expect(sent()).toEqual([]);
    await userEvent.keyboard('{Backspace}{Enter}');
    expect(sent()[0]).toHaveLength(4_000);
  });

  it.each(['👩‍🍳 🥞 ½', 'أضف كوب طحين', 'line one\nline two'])(
    'comes out as it went in: %j',
    async text => {
      await userEvent.fill(field(), text);
      press('Enter');
      await turn();
      expect(sent()).toEqual([text]);
      expect(field().value).toBe('');
      await expect.poll(() => document.querySelector('.pending .bubble')?.textContent).toBe(text);
      expect(document.querySelector('.pending .bubble')?.getAttribute('dir')).toBe('auto');
    },
  );

  it('gets a line break with Shift and Enter', async () => {
    await userEvent.keyboard('one{Shift>}{Enter}{/Shift}two');
    expect(field().value).toBe('one\ntwo');
    expect(sent()).toEqual([]);
  });

  it('is restored with the arrow key when the field is empty', async () => {
    await userEvent.keyboard('add salt{Enter}');
    await userEvent.keyboard('{ArrowUp}');
    expect(field().value).toBe('add salt');
  });

  it('is one of several that the arrow key brings back, but never takes the place of another text', async () => {
    for (const text of ['one', 'two', 'three']) await userEvent.keyboard(`${text}{Enter}`);
    await userEvent.keyboard('{ArrowUp}{ArrowUp}');
    expect(field().value).toBe('two');
    await userEvent.keyboard('{ArrowUp}{ArrowUp}');
    expect(field().value).toBe('one');
    await userEvent.fill(field(), '');
    await userEvent.keyboard('{ArrowUp}');
    expect(field().value).toBe('three');
    await userEvent.keyboard('!{ArrowUp}');
    expect(field().value).toBe('three!');
  });

  it('that begins with a slash is offered what one can say, with the recipe’s own ingredients', async () => {
    await userEvent.keyboard('/mil');
    await page.getByRole('button', { name: 'swap milk for' }).click();
    expect(field().value).toBe('swap milk for ');
    expect(document.activeElement).toBe(field());
    expect(document.querySelector('.commands')).toBeNull();
  });

  it('survives a reload as a draft', async () => {
    await userEvent.keyboard('half a thou');
    await view.screen.unmount();
    view = await renderRecipeChat();
    expect(field().value).toBe('half a thou');
  });
});

describe('without a connection', () => {
  it('nothing that was typed is lost or sent early, and all is sent in order', async () => {
    view.env.emit('offline');
    for (const text of ['one', 'two', 'three']) await userEvent.keyboard(`${text}{Enter}`);
    await userEvent.keyboard('and a draft');
    expect(sent()).toEqual([]);
    expect(field().value).toBe('and a draft');
    view.env.emit('online');
    await goLive(view);
    expect(sent()).toEqual(['one', 'two', 'three']);
    expect(field().value).toBe('and a draft');
  });

  it('a message that does not fit into the outbox stays in the field, with the reason', async () => {
    view.env.emit('offline');
    for (let n = 0; n < 100; n += 1) view.manager.sendMessage(`m${n}`);
    await userEvent.keyboard('one more{Enter}');
    expect(field().value).toBe('one more');
    await expect
      .element(page.getByText('Too many messages are waiting.', { exact: false }))
      .toBeVisible();
  });
});

describe('a message', () => {
  it('stays the same element when the server confirms it', async () => {
    await userEvent.keyboard('add salt{Enter}');
    await expect.poll(() => document.querySelectorAll('.pending')).toHaveLength(1);
    echoLast(view.env.socket, 2);
    await expect.poll(() => document.querySelectorAll('.pending')).toHaveLength(0);
    expect(document.querySelectorAll('.message.own')).toHaveLength(1);
  });

  it('is one of several that were refused: all are sent again at once, in order', async () => {
    for (const text of ['one', 'two', 'three']) await userEvent.keyboard(`${text}{Enter}`);
    for (const { id } of view.env.socket.ofType('chat_message')) {
      const error = { code: 'forbidden', message: 'Only members.', retryable: false };
      view.env.socket.say('error', { ...error, in_reply_to: id });
    }
    await page.getByRole('button', { name: 'Resend all 3' }).click();
    await expect.poll(sent).toEqual(['one', 'two', 'three', 'one', 'two', 'three']);
    await expect.element(page.getByRole('button', { name: 'Resend all' })).not.toBeInTheDocument();
  });

  it('that was refused can be tried again or deleted', async () => {
    await userEvent.keyboard('rude{Enter}');
    const refuse = () => {
      const in_reply_to = view.env.socket.ofType('chat_message').at(-1)?.id;
      const error = { code: 'forbidden', message: 'Only members.', retryable: false, in_reply_to };
      view.env.socket.say('error', error);
    };
    refuse();
    await expect.element(page.getByText('Not sent: Only members.')).toBeVisible();
    await page.getByRole('button', { name: 'Try again' }).click();
    expect(sent()).toEqual(['rude', 'rude']);
    refuse();
    await page.getByRole('button', { name: 'Delete' }).click();
    expect(document.querySelectorAll('.message')).toHaveLength(0);
  });
});

describe('the recipe card', () => {
  const shown = () => document.querySelector('.servings output')?.textContent;
  const amounts = () =>
    [...document.querySelectorAll('.amount')].map(({ textContent }) => textContent);

  it('scales for its reader at once, however quick the taps, and sends nothing', async () => {
    const more = page.getByRole('button', { name: 'One more' });
    for (let taps = 0; taps < 4; taps += 1) (more.element() as HTMLElement).click();
    await expect.poll(shown).toBe('Serves 8');
    expect(amounts()).toEqual(['3 cups', '600 ml', '4']);
    expect(sent()).toEqual([]);
    await page.getByRole('button', { name: 'Back to 4' }).click();
    expect(amounts()).toEqual(['1½ cups', '300 ml', '2']);
  });

  it('becomes the recipe of everybody by a second step, with one message', async () => {
    await page.getByRole('button', { name: 'One more' }).click();
    await page.getByRole('button', { name: 'Change it to 5 for everyone' }).click();
    expect(sent()).toEqual(['for 5 people']);
    echoLast(view.env.socket, 2, { recipe: { ...PANCAKES, servings: 5 } });
    await expect.poll(shown).toMatch(/5$/);
    expect(document.querySelector('.own-view')).toBeNull();
  });
});
