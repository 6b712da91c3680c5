// The two kinds of page, and how the app moves between them without loading anew.

export type Place = { is: 'home' } | { is: 'recipe'; id: string };

const RECIPE = /^\/r\/([A-Za-z0-9_-]{1,64})$/;
const listeners = new Set<() => void>();

export function placeOf(path: string): Place {
  const id = RECIPE.exec(path)?.[1];
  return id === undefined ? { is: 'home' } : { is: 'recipe', id };
}

export function navigate(path: string): void {
  history.pushState(null, '', path + location.search);
  for (const listener of [...listeners]) listener();
}

export function subscribeToPath(listener: () => void): () => void {
  listeners.add(listener);
  addEventListener('popstate', listener);
  return () => {
    listeners.delete(listener);
    removeEventListener('popstate', listener);
  };
}

export const currentPath = (): string => location.pathname;

/** A recipe id that a person can read and type, or null when nothing of the name is left. */
export function idOf(name: string): string | null {
  const plain = name.normalize('NFKD').replace(/\p{Mark}/gu, '');
  const id = plain
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64);
  return id === '' ? null : id;
}
