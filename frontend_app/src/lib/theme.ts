// Light, dark or as the system has it; stored in this browser.

export type Theme = 'auto' | 'light' | 'dark';

const STORAGE_KEY = 'theme';
const NEXT: Record<Theme, Theme> = { auto: 'dark', dark: 'light', light: 'auto' };

export function currentTheme(): Theme {
  const stored = read();
  return stored === 'light' || stored === 'dark' ? stored : 'auto';
}

export function applyTheme(theme: Theme = currentTheme()): void {
  document.documentElement.dataset['theme'] = theme;
}

export function nextTheme(theme: Theme): Theme {
  const next = NEXT[theme];
  try {
    localStorage.setItem(STORAGE_KEY, next);
  } catch {
    // Without storage the theme lasts as long as the page.
  }
  applyTheme(next);
  return next;
}

function read(): string | null {
  try {
    return localStorage.getItem(STORAGE_KEY);
  } catch {
    return null;
  }
}
