// The routes of the app, and navigation between them without a page load.

export type Route = { kind: 'home' } | { kind: 'recipe'; id: string };

const RECIPE_PATH = /^\/r\/([A-Za-z0-9_-]{1,64})$/;
const listeners = new Set<() => void>();

export function routeOf(path: string): Route {
  const id = RECIPE_PATH.exec(path)?.[1];
  return id === undefined ? { kind: 'home' } : { kind: 'recipe', id };
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

/** A recipe id that a person can read and type; null when no character of the name can be used. */
export function recipeIdFrom(name: string): string | null {
  const plain = name.normalize('NFKD').replace(/\p{Mark}/gu, '');
  const id = plain
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64);
  return id === '' ? null : id;
}
