// Reloads a page whose build is gone from the servers, once for each build. What was written survives: drafts and unsent
// messages are stored.

const RELOADED_KEY = 'recipe-chat-reloaded';

/** Whether the page is being reloaded; not when it was already for this build, or when that cannot be stored. */
export function reloadOnce(): boolean {
  const build = document.querySelector<HTMLScriptElement>('script[type=module]')?.src ?? '';
  try {
    if (sessionStorage.getItem(RELOADED_KEY) === build) return false;
    sessionStorage.setItem(RELOADED_KEY, build);
  } catch {
    return false;
  }
  location.reload();
  return true;
}
