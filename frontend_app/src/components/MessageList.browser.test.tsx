// Long conversations: few rows in the page, and a place that does not move under the reader.
import '../styles/app.css';
import { describe, expect, it } from 'vitest';
import { page } from 'vitest/browser';
import { render } from 'vitest-browser-react';
import { messageOf } from '../../test/fake-socket';
import { MessageList } from './MessageList';

const talk = (count: number) => Array.from({ length: count }, (_, at) => messageOf(at + 1));
const list = () => document.querySelector('.message-list') as HTMLElement;
const rows = () => document.querySelectorAll('.message').length;
const fromEnd = () => list().scrollHeight - list().scrollTop - list().clientHeight;
const inBox = (messages: ReturnType<typeof talk>) => (
  <div style={{ height: 400, display: 'flex', flexDirection: 'column' }}>
    <MessageList messages={messages} />
  </div>
);

describe('a long conversation', () => {
  it('keeps at most 400 of 10,000 messages in the page, and shows earlier ones on demand', async () => {
    await render(inBox(talk(10_000)));
    expect(rows()).toBe(400);
    expect(document.body.textContent).toContain('message 10000');
    await page.getByRole('button', { name: 'Show earlier messages' }).click();
    expect(rows()).toBe(400);
    expect(document.body.textContent).not.toContain('message 10000');
    await page.getByRole('button', { name: 'Show later messages' }).click();
    expect(document.body.textContent).toContain('message 10000');
  });

  it('stays at its end while the reader is there', async () => {
    const screen = await render(inBox(talk(50)));
    expect(fromEnd()).toBeLessThan(2);
    await screen.rerender(inBox(talk(60)));
    expect(fromEnd()).toBeLessThan(2);
  });

  it('stays at its end when something above takes room', async () => {
    await render(inBox(talk(50)));
    const box = list().closest<HTMLElement>('.message-area')?.parentElement;
    box?.style.setProperty('height', '250px');
    await expect.poll(fromEnd).toBeLessThan(2);
  });

  it('counts what comes while the reader is elsewhere, and goes there when asked', async () => {
    const screen = await render(inBox(talk(50)));
    list().scrollTop = 100;
    await expect.poll(() => list().getAttribute('aria-live')).toBe('off');
    await screen.rerender(inBox(talk(53)));
    expect(list().scrollTop).toBe(100);
    await page.getByRole('button', { name: '3 new messages' }).click();
    expect(fromEnd()).toBeLessThan(2);
    await expect.element(page.getByText('New', { exact: true })).toBeInTheDocument();
  });
});
