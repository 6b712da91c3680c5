// @vitest-environment happy-dom
// Drafts: each tab keeps its own.
import { beforeEach, describe, expect, it } from 'vitest';
import { forgetDrafts, readDraft, saveDraft } from './drafts';

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

/** Another tab has this browser's localStorage, and a sessionStorage of its own. */
function inAnotherTab(act: () => void): void {
  const own = { ...sessionStorage };
  sessionStorage.clear();
  act();
  sessionStorage.clear();
  for (const [key, value] of Object.entries(own)) sessionStorage.setItem(key, String(value));
}

describe('a draft', () => {
  it('is there after a reload, and in a new tab', () => {
    saveDraft('ada:pancakes', 'half a thou');
    expect(readDraft('ada:pancakes')).toBe('half a thou');
    inAnotherTab(() => expect(readDraft('ada:pancakes')).toBe('half a thou'));
  });

  it('survives that another tab sends its own', () => {
    inAnotherTab(() => saveDraft('ada:pancakes', 'of tab one'));
    saveDraft('ada:pancakes', 'of tab two');
    inAnotherTab(() => saveDraft('ada:pancakes', '', 'of tab one'));
    expect(readDraft('ada:pancakes')).toBe('of tab two');
    inAnotherTab(() => expect(readDraft('ada:pancakes')).toBe('of tab two'));
  });

  it('is gone once it is sent, and after a sign-out', () => {
    saveDraft('ada:pancakes', 'one');
    saveDraft('ada:pancakes', '', 'one');
    expect(readDraft('ada:pancakes')).toBe('');
    saveDraft('ada:soup', 'two');
    forgetDrafts();
    expect(readDraft('ada:soup')).toBe('');
    expect(localStorage.length + sessionStorage.length).toBe(0);
  });
});
