// What is offered after a slash.
import { describe, expect, it } from 'vitest';
import { commandsFor } from './commands';

const MILK = { id: 'i1', name: 'oat milk', quantity: '', unit: '', note: '' };

describe('a slash', () => {
  it.each([
    ['/', ['add ', 'add step: ', 'for 6 people', 'double it', 'call it ', 'undo']],
    ['/rem', ['remove oat milk']],
    ['/milk', ['remove oat milk', 'change oat milk to ', 'swap oat milk for ']],
    ['/change mi', ['change oat milk to ']],
    ['/xyz', []],
  ])('%j offers %j', (typed, offered) => {
    expect(commandsFor(typed, [MILK])).toEqual(offered);
  });
});
