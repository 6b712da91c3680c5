// Tests of the web app in a real Chromium against the real binary. RECIPE_CHAT_BIN names it.
import { defineConfig } from '@playwright/test';

const launchOptions = {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  // Chromium refuses its sandbox to root only.
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
};

export default defineConfig({
  testDir: '.',
  // Most of the time is waiting.
  workers: 3,
  fullyParallel: true,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [['list'], ['./last-line-reporter.ts']],
  use: {
    launchOptions,
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    // A test that chooses what the network answers sees each request; offline.spec.ts is about the service worker.
    serviceWorkers: 'block',
  },
  projects: [
    { name: 'behaviour', testMatch: '*.spec.ts', testIgnore: 'speed.spec.ts' },
    // Measurements run alone.
    { name: 'end-to-end', testMatch: 'speed.spec.ts', workers: 1, dependencies: ['behaviour'] },
    { name: 'screenshots', testMatch: 'screenshots.ts' },
  ],
});
