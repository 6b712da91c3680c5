// What was written but not sent, per person and recipe, in this browser.

const keyOf = (key: string) => `draft:${key}`;

export function readDraft(key: string): string {
  try {
    return localStorage.getItem(keyOf(key)) ?? '';
  } catch {
    return '';
  }
}

export function saveDraft(key: string, text: string): void {
  try {
    if (text === '') localStorage.removeItem(keyOf(key));
    else localStorage.setItem(keyOf(key), text);
  } catch {
    // Without storage the draft lasts as long as the page.
  }
}
