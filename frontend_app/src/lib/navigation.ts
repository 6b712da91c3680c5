// The routes of the app, and navigation between them without a page load.

export type Route =
  | { kind: 'home' | 'account' | 'unknown' }
  | { kind: 'recipe'; id: string }
  | { kind: 'invitation'; token: string };

const RECIPE_PATH = /^\/r\/([A-Za-z0-9_-]{1,64})$/;
const INVITATION_PATH = /^\/i\/([A-Za-z0-9_-]{1,128})$/;
const listeners = new Set<() => void>();

export function routeOf(path: string): Route {
  const id = RECIPE_PATH.exec(path)?.[1];
  if (id !== undefined) return { kind: 'recipe', id };
  const token = INVITATION_PATH.exec(path)?.[1];
  if (token !== undefined) return { kind: 'invitation', token };
  if (path === '/account') return { kind: 'account' };
  return { kind: path === '/' ? 'home' : 'unknown' };
}

export function navigate(path: string, { replace = false } = {}): void {
  history[replace ? 'replaceState' : 'pushState'](null, '', path + location.search);
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
