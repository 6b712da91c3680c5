// Sees to it that the page starts. While servers are updated one after the other, the page may come from one build and
// the request for its script or style sheet reach a server of another, which does not have it: it is asked for until
// one has it. When none does any more, the page loads itself anew, once for each build, and else says so.
// Not bundled, so that it is there under the same name in every build; see also src/lib/reload.ts.
(() => {
  const WAITS = [0, 300, 1_000, 2_000, 4_000, 8_000];
  const NOTICE = 3_000;
  const RELOADED = 'recipe-chat-reloaded';

  addEventListener(
    'error',
    ({ target }) => {
      if (target instanceof HTMLScriptElement) startWith(target.src);
      else if (target instanceof HTMLLinkElement && target.rel === 'stylesheet') dressWith(target);
    },
    { capture: true },
  );

  async function startWith(url) {
    const notice = setTimeout(say, NOTICE, true);
    const started = (await isThere(url)) && (await import(url).then(() => true, () => false));
    clearTimeout(notice);
    say(!started && !reloadOnce(url));
  }

  async function dressWith(link) {
    if (await isThere(link.href)) link.replaceWith(link.cloneNode());
  }

  /** Asks until a server has it; it is in the browser's cache then. */
  async function isThere(url) {
    for (const wait of WAITS) {
      await new Promise(later => setTimeout(later, wait));
      const answer = await fetch(url, { cache: 'reload' }).catch(() => null);
      if (answer?.ok && (await answer.blob().catch(() => null))) return true;
    }
    return false;
  }

  function reloadOnce(build) {
    try {
      if (sessionStorage.getItem(RELOADED) === build) return false;
      sessionStorage.setItem(RELOADED, build);
    } catch {
      return false;
    }
    location.reload();
    return true;
  }

  function say(failed) {
    document.getElementById('not-started').hidden = !failed;
  }
})();
