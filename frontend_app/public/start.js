// Retries the start of the page. During a rolling update the page may come from a server of one build, and the request
// for its script or style sheet reach a server of another, which does not have it: the file is requested until a server
// has it. When none has it any more, or the browser remembers that the script failed (Chromium does, as long as the page
// lives), the page is reloaded, once for each build; after that it shows a message.
// Not bundled, so that it has the same name in every build; see also src/lib/reload.ts.
(() => {
  const RETRY_DELAYS = [0, 300, 1_000, 2_000, 4_000, 8_000];
  const NOTICE_DELAY = 3_000;
  const RELOADED_KEY = 'recipe-chat-reloaded';

  addEventListener(
    'error',
    ({ target }) => {
      if (target instanceof HTMLScriptElement) retryScript(target.src);
      else if (target instanceof HTMLLinkElement && target.rel === 'stylesheet') retryStyles(target);
    },
    { capture: true },
  );

  async function retryScript(url) {
    const notice = setTimeout(showFailure, NOTICE_DELAY, true);
    const started = (await isAvailable(url)) && (await import(url).then(() => true, () => false));
    clearTimeout(notice);
    showFailure(!started && !reloadOnce(url));
  }

  async function retryStyles(link) {
    if (await isAvailable(link.href)) link.replaceWith(link.cloneNode());
  }

  /** Requests a file until a server has it; it is in the browser's cache then. */
  async function isAvailable(url) {
    for (const delay of RETRY_DELAYS) {
      await new Promise(resolve => setTimeout(resolve, delay));
      const answer = await fetch(url, { cache: 'reload' }).catch(() => null);
      if (answer?.ok && (await answer.blob().catch(() => null))) return true;
    }
    return false;
  }

  function reloadOnce(build) {
    try {
      if (sessionStorage.getItem(RELOADED_KEY) === build) return false;
      sessionStorage.setItem(RELOADED_KEY, build);
    } catch {
      return false;
    }
    location.reload();
    return true;
  }

  function showFailure(failed) {
    document.getElementById('not-started').hidden = !failed;
  }
})();
