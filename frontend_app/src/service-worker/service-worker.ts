// The service worker: shows the app without a network, and opens the recipe of a notification that is tapped. What it
// answers is decided in shell.ts.

import { type Build, Shell } from './shell';

declare const self: ServiceWorkerGlobalScope;

/** Written by the build: vite.config.ts. */
const BUILD = JSON.parse('%BUILD%') as Build;

const shell = new Shell(BUILD, caches, (request, init) => fetch(request, init), location.origin);

self.addEventListener('install', event => {
  event.waitUntil(shell.install().then(() => self.skipWaiting()));
});

self.addEventListener('activate', event => {
  event.waitUntil(shell.clean().then(() => self.clients.claim()));
});

self.addEventListener('fetch', event => {
  const answer = shell.answer(event.request);
  if (answer) event.respondWith(answer);
});

self.addEventListener('notificationclick', event => {
  event.notification.close();
  event.waitUntil(showPage(String(event.notification.data?.path ?? '/')));
});

/** The page that shows this address, or a new one. */
async function showPage(path: string): Promise<void> {
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const shown = pages.find(({ url }) => new URL(url).pathname === path);
  await (shown ? shown.focus() : self.clients.openWindow(path));
}
