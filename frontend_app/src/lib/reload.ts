// A page whose build is gone from the servers helps itself by loading itself anew, once for each build. What was
// written survives: drafts and unsent messages are stored.

const RELOADED = 'recipe-chat-reloaded';

/** Whether the page is being loaded anew; not when it was already for this build, or when that cannot be noted. */
export function reloadOnce(): boolean {
  const build = document.querySelector<HTMLScriptElement>('script[type=module]')?.src ?? '';
  try {
    if (sessionStorage.getItem(RELOADED) === build) return false;
    sessionStorage.setItem(RELOADED, build);
  } catch {
    return false;
  }
  location.reload();
  return true;
}
