// What was written but not sent, per person and recipe. Each tab has a draft of its own, which survives a reload; the
// last one written in any tab is there for a tab that has none.

import { removeStored } from './stored-set';

const PREFIX = 'draft:';

export function readDraft(key: string): string {
  return get('sessionStorage', key) ?? get('localStorage', key) ?? '';
}

/** `before` is what this tab had saved: another tab's draft is not removed with it. */
export function saveDraft(key: string, text: string, before = text): void {
  set('sessionStorage', key, text);
  if (text !== '' || get('localStorage', key) === before) set('localStorage', key, text);
}

/** For a sign-out: nothing of the person stays behind. */
export function forgetDrafts(): void {
  removeStored(PREFIX);
}

type StorageName = 'sessionStorage' | 'localStorage';

function get(storage: StorageName, key: string): string | null {
  try {
    return window[storage].getItem(PREFIX + key);
  } catch {
    return null;
  }
}

function set(storage: StorageName, key: string, text: string): void {
  try {
    if (text === '') window[storage].removeItem(PREFIX + key);
    else window[storage].setItem(PREFIX + key, text);
  } catch {
    // Without storage the draft lasts as long as the page.
  }
}
