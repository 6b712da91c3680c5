// Long conversations: few rows in the DOM, and a scroll position that does not move while the reader reads.
import '../styles/app.css';
import { type ComponentProps, useLayoutEffect, useState } from 'react';
import { describe, expect, it } from 'vitest';
import { page } from 'vitest/browser';
import { render } from 'vitest-browser-react';
import { messageOf } from '../../packages/client/test/fake-socket';
import { PAGE_SIZE } from '../hooks/useMessageWindow';
import { MessageList } from './MessageList';

type Props = ComponentProps<typeof MessageList>;

const talk = (count: number) => Array.from({ length: count }, (_, at) => messageOf(at + 1));
const list = () => document.querySelector('.message-list') as HTMLElement;
const rows = () => document.querySelectorAll('.message').length;
const fromEnd = () => list().scrollHeight - list().scrollTop - list().clientHeight;
/** Rows near the visible part are laid out over a few frames. */
const settled = async () => {
  for (let n = 0; n < 10; n += 1) await new Promise(requestAnimationFrame);
};
const inBox = (messages: ReturnType<typeof talk>, more: Partial<Props> = {}) => (
  <div style={{ height: 400, display: 'flex', flexDirection: 'column' }}>
    <MessageList messages={messages} {...more} />
  </div>
);
const earlier = page.getByRole('button', { name: 'Show earlier messages' });

/** The position of a message in the viewport, to be compared before and after. */
const topOf = (text: string) => {
  const bubble = [...document.querySelectorAll('.bubble')].find(one => one.textContent === text);
  return bubble?.getBoundingClientRect().top ?? Number.NaN;
};

/** A list with the last 50 of `total` messages at hand, that fetches the rest page by page. */
function Fetching({ total, wait }: { total: number; wait: () => Promise<void> }) {
  const [first, setFirst] = useState(total - 50);
  const onOlder = async () => {
    await wait();
    const count = Math.min(PAGE_SIZE, first);
    setFirst(first - count);
    return count;
  };
  return inBox(talk(total).slice(first), { olderExist: first > 0, onOlder });
}

it('shows amounts in what a message did as they stand on the card', async () => {
  await render(inBox([messageOf(1, { effect: 'Added 1 1/2 cup flour' })]));
  await expect.element(page.getByText('Added 1½ cup flour')).toBeVisible();
});

describe('a long conversation', () => {
  it('keeps at most 400 of 10,000 messages in the DOM, and shows earlier ones on request', async () => {
    await render(inBox(talk(10_000)));
    expect(rows()).toBe(400);
    expect(document.body.textContent).toContain('message 10000');
    await earlier.click();
    expect(rows()).toBe(400);
    expect(document.body.textContent).not.toContain('message 10000');
    await page.getByRole('button', { name: 'Show later messages' }).click();
    expect(document.body.textContent).toContain('message 10000');
  });

  it.each([0, 30])(
    'moves nothing when earlier ones come in, scrolled to %i pixels',
    async place => {
      let answer = () => {};
      const wait = () =>
        new Promise<void>(resolve => {
          answer = resolve;
        });
      await render(<Fetching total={150} wait={wait} />);
      list().scrollTop = place;
      await settled();
      expect(list().scrollTop).toBe(place);
      const before = topOf('message 101');
      // A real click would first scroll the whole button into view.
      (earlier.element() as HTMLElement).click();
      await expect.element(page.getByText('Loading earlier messages…')).toBeInTheDocument();
      expect(list().getAttribute('aria-busy')).toBe('true');
      answer();
      await expect.poll(rows).toBe(150);
      expect(list().getAttribute('aria-busy')).toBe('false');
      await settled();
      expect(Math.abs(topOf('message 101') - before)).toBeLessThanOrEqual(1);
      await expect.element(earlier).not.toBeInTheDocument();
      expect(document.activeElement).toBe(list());
    },
  );

  it('is fetched to its beginning, with never more than 400 rows in the DOM', async () => {
    await render(<Fetching total={1_000} wait={async () => {}} />);
    for (let first = 950; first > 0; first -= Math.min(PAGE_SIZE, first)) {
      list().scrollTop = 0;
      await settled();
      const before = topOf(`message ${first + 1}`);
      await earlier.click();
      await expect
        .poll(() => document.querySelector('.bubble')?.textContent)
        .not.toBe(`message ${first + 1}`);
      await settled();
      expect(Math.abs(topOf(`message ${first + 1}`) - before)).toBeLessThanOrEqual(1);
      expect(rows()).toBeLessThanOrEqual(400);
    }
    expect(document.querySelector('.bubble')?.textContent).toBe('message 1');
    list().scrollTop = 0;
    await page.getByRole('button', { name: /^Newest/ }).click();
    await expect.poll(fromEnd).toBeLessThan(2);
    expect(document.body.textContent).toContain('message 1000');
  });

  it('says when earlier ones cannot be fetched, and tries again', async () => {
    let fails = true;
    const wait = async () => {
      if (fails) throw new Error('no network');
    };
    await render(<Fetching total={100} wait={wait} />);
    await earlier.click();
    const again = page.getByRole('button', { name: /cannot be loaded now. Try again$/ });
    await expect.element(again).toBeVisible();
    fails = false;
    await again.click();
    await expect.poll(rows).toBe(100);
  });

  it('shows where messages are missing in between', async () => {
    const numbers = [1, 2, 90, 91];
    await render(inBox(numbers.map(revision => messageOf(revision))));
    const gap = page.getByText('Some messages in between are not shown.');
    await expect.element(gap).toBeVisible();
    const text = list().textContent ?? '';
    expect(text.split('Some messages in between')).toHaveLength(2);
    expect(text.indexOf('Some messages')).toBeGreaterThan(text.indexOf('message 2'));
    expect(text.indexOf('Some messages')).toBeLessThan(text.indexOf('message 90'));
  });

  it('stays where the reader scrolls before the first frame is painted', async () => {
    function ScrolledAtOnce() {
      useLayoutEffect(() => {
        list().scrollTop = 30;
      }, []);
      return inBox(talk(50));
    }
    await render(<ScrolledAtOnce />);
    await settled();
    expect(list().scrollTop).toBe(30);
  });

  it('stays at its end while the reader is there', async () => {
    const screen = await render(inBox(talk(50)));
    expect(fromEnd()).toBeLessThan(2);
    await screen.rerender(inBox(talk(60)));
    expect(fromEnd()).toBeLessThan(2);
  });

  it('stays at its end when an element above takes room', async () => {
    await render(inBox(talk(50)));
    const box = list().closest<HTMLElement>('.message-area')?.parentElement;
    box?.style.setProperty('height', '250px');
    await expect.poll(fromEnd).toBeLessThan(2);
  });

  it('counts what arrives while the reader is elsewhere, and scrolls there on request', async () => {
    const screen = await render(inBox(talk(50)));
    await settled();
    list().scrollTop = 100;
    await expect.poll(() => list().getAttribute('aria-live')).toBe('off');
    await screen.rerender(inBox(talk(53)));
    expect(list().scrollTop).toBe(100);
    await page.getByRole('button', { name: /^3 new messages/ }).click();
    expect(fromEnd()).toBeLessThan(2);
    await expect.element(page.getByText('New', { exact: true })).toBeInTheDocument();
  });
});
