// Who changed which row last.
import type { ChatMessage } from '@recipe-chat/client';
import { expect, it } from 'vitest';
import { messageOf } from '../../packages/client/test/fake-socket';
import { rowChanges } from './row-changes';

const LEO = { id: 'u-leo', name: 'leo' };
const IDA = { id: 'u-ida', name: 'ida' };
const by = (author: typeof LEO, revision: number, changes: ChatMessage['changes']) =>
  messageOf(revision, { author, ...(changes === undefined ? {} : { changes }) });

it('names for each row whoever changed it last', () => {
  const changes = rowChanges([
    by(LEO, 2, [
      { op: 'added', what: 'ingredient', id: 'i1' },
      { op: 'added', what: 'step', id: 's1' },
    ]),
    by(IDA, 3, [{ op: 'changed', what: 'ingredient', id: 'i1' }]),
    by(LEO, 4, undefined),
    by(LEO, 5, null),
  ]);
  expect([...changes]).toEqual([
    ['i1', { author: IDA, revision: 3 }],
    ['s1', { author: LEO, revision: 2 }],
  ]);
});

it('takes no tag for a row, and nothing for what has no id', () => {
  const changes = rowChanges([
    by(LEO, 2, [
      { op: 'added', what: 'tag', id: 's1' },
      { op: 'changed', what: 'title' },
    ]),
  ]);
  expect(changes.size).toBe(0);
});
