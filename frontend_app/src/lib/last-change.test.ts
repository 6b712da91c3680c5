// The last change of a recipe, and what was done by buttons.
import { describe, expect, it } from 'vitest';
import { messageOf } from '../../packages/client/test/fake-socket';
import { isSystemMessage, lastChange } from './last-change';

const said = (revision: number, content: string, effect: string | null = null) =>
  messageOf(revision, { content, effect });
const ADDED = said(2, 'add salt', 'Added salt');
const UNDONE = said(3, 'Undo the change of message 2', 'Undid bob’s “Added salt”');

describe('the last change', () => {
  it('is the newest message that changed the recipe: not talk, not rules about people, not timers', () => {
    const others = [
      said(3, 'nice'),
      said(4, '/invite eve as editor', 'Invited eve'),
      said(5, 'timer 9 minutes for the pasta', 'Started a timer of 9 minutes for pasta'),
      said(6, 'I came in by a link.', 'Came in by a link, as a viewer'),
    ];
    expect(lastChange([ADDED, ...others])).toMatchObject({ revision: 2, effect: 'Added salt' });
    expect(lastChange(others)).toBeNull();
  });

  it('is an undo, whose undo is a redo, and so on', () => {
    const redone = said(4, 'Undo the change of message 3', 'Undid it');
    const again = said(5, 'Undo the change of message 4', 'Undid it');
    expect(lastChange([ADDED])?.isUndo).toBe(false);
    expect(lastChange([ADDED, UNDONE])?.isUndo).toBe(true);
    expect(lastChange([ADDED, UNDONE, redone])?.isUndo).toBe(false);
    expect(lastChange([ADDED, UNDONE, redone, again])?.isUndo).toBe(true);
  });

  it('is not looked for without end', () => {
    const talk = Array.from({ length: 600 }, (_, at) => said(at + 3, 'talk'));
    expect(lastChange([ADDED, ...talk])).toBeNull();
  });
});

describe('what a button did', () => {
  it.each([
    [said(2, '/invite eve as editor', 'Invited eve'), true],
    [said(2, '/invite', null), false],
    [said(2, 'I came in by a link.', 'Came in by a link, as a viewer'), true],
    [said(2, 'Here is the recipe from Cooklang (c8f)', 'Imported Soup'), true],
    [UNDONE, true],
    [said(2, 'Restore the recipe of revision 3', 'Restored the recipe'), true],
    [said(2, 'timer 9 minutes for the pasta', 'Started a timer of 9 minutes for pasta'), true],
    [said(2, 'where is the timer?', null), false],
    [ADDED, false],
  ])('%#', (message, isByButton) => {
    expect(isSystemMessage(message)).toBe(isByButton);
  });
});
