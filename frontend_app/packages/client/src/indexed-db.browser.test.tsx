// Unsent messages in a real IndexedDB.
import { beforeEach, describe, expect, it } from 'vitest';
import { clearOutboxes, indexedDbOutbox } from './indexed-db.ts';
import type { OutboxMessage } from './outbox.ts';

const message = (id: string, createdAt: number): OutboxMessage => ({
  id,
  content: `text ${id}`,
  createdAt,
  status: 'queued',
});

beforeEach(clearOutboxes);

describe('the outbox store', () => {
  it('loads unsent messages in order, by owner and recipe', async () => {
    const ada = indexedDbOutbox('ada');
    const [late, early] = [message('late', 2_000), message('early', 900)];
    ada.save('pancakes', [], [late, early]);
    expect(await ada.load('pancakes')).toEqual([early, late]);
    expect(await ada.load('waffles')).toEqual([]);
    expect(await indexedDbOutbox('bob').load('pancakes')).toEqual([]);
  });

  it('removes what was sent, and keeps the newest state of the rest', async () => {
    const ada = indexedDbOutbox('ada');
    const [one, two] = [message('one', 1), message('two', 2)];
    const failed = { ...two, status: 'failed' as const };
    ada.save('pancakes', [], [one, two]);
    ada.save('pancakes', [one, two], [failed]);
    expect(await ada.load('pancakes')).toEqual([failed]);
  });

  it('is empty after a sign-out', async () => {
    const ada = indexedDbOutbox('ada');
    ada.save('pancakes', [], [message('one', 1)]);
    await clearOutboxes();
    expect(await ada.load('pancakes')).toEqual([]);
  });
});
