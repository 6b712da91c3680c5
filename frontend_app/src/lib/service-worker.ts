// Registers the service worker, where the browser has one: over TLS and on this machine, not on plain HTTP.

const SCRIPT = '/service-worker.js';
/** An app that stays open for days looks for a new build when it is shown again, at most once in this time, in ms. */
const UPDATE_INTERVAL = 3_600_000;

interface TrustedTypes {
  createPolicy: (
    name: string,
    rules: { createScriptURL: (url: string) => string },
  ) => { createScriptURL: (url: string) => string };
}

export async function registerServiceWorker(): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  try {
    const registration = await navigator.serviceWorker.register(scriptUrl());
    updateWhenShown(registration);
  } catch {
    // The app works without it, with a network.
  }
}

/** The page's policy lets no string be a script's address: only a policy of this name may make one, and makes only this one. */
function scriptUrl(): string {
  const trustedTypes = Reflect.get(window, 'trustedTypes') as TrustedTypes | undefined;
  const policy = trustedTypes?.createPolicy('service-worker', { createScriptURL: () => SCRIPT });
  return policy?.createScriptURL(SCRIPT) ?? SCRIPT;
}

function updateWhenShown(registration: ServiceWorkerRegistration): void {
  let checkedAt = Date.now();
  document.addEventListener('visibilitychange', () => {
    if (document.hidden || Date.now() - checkedAt < UPDATE_INTERVAL) return;
    checkedAt = Date.now();
    registration.update().catch(() => {});
  });
}
