// Notifications of the system, for a page that is not in sight: a timer that ends, and a recipe that somebody changes,
// where its reader asked for that.

import { KEPT } from './api';

const keyOf = (userId: string) => `${KEPT}notify:${userId}`;

/** Whether the person asked to be told of changes in this browser, and the browser lets it be. */
export function isNotified(userId: string): boolean {
  try {
    return isAllowed() && localStorage.getItem(keyOf(userId)) !== null;
  } catch {
    return false;
  }
}

/** Resolves to whether it is as asked: a browser that was told never to notify cannot be made to. */
export async function setNotified(userId: string, wanted: boolean): Promise<boolean> {
  try {
    localStorage.removeItem(keyOf(userId));
    if (!wanted) return true;
    if (!('Notification' in window) || (await Notification.requestPermission()) !== 'granted')
      return false;
    localStorage.setItem(keyOf(userId), 'changes');
    return true;
  } catch {
    return false;
  }
}

/** One for each address: a newer one takes the place of the one before. */
export async function notify(title: string, body: string, path: string): Promise<void> {
  if (!isAllowed()) return;
  const options = { body, tag: path, icon: '/icon-192.png', data: { path } };
  try {
    // On Android only a service worker may show one.
    const registration = await navigator.serviceWorker?.getRegistration();
    if (registration?.active) await registration.showNotification(title, options);
    else new Notification(title, options);
  } catch {
    // The page shows the same.
  }
}

const isAllowed = () => 'Notification' in window && Notification.permission === 'granted';
