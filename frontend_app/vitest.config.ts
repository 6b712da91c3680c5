// Two sets of tests: `unit` without a browser (files that need a DOM ask for happy-dom in their first line), and
// `components` in a real Chromium, where CSS, focus and contrast matter.
import react from '@vitejs/plugin-react';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { FROM_SOURCE } from './scripts/from-source.js';
import { mutate } from './scripts/mutate-plugin.js';

const chromium = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

export default defineConfig({
  ...FROM_SOURCE,
  plugins: [react(), mutate()],
  test: {
    reporters: ['default', './test/last-line-reporter.ts'],
    coverage: {
      include: ['src/lib/**/*.ts', 'packages/*/src/**/*.ts'],
      exclude: ['**/*.test.ts', '**/*.generated.*'],
      reporter: ['text'],
      thresholds: { 'packages/client/src/**': { lines: 95, branches: 90 } },
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          environment: 'node',
          include: ['{src,test,packages/*/src}/**/*.test.{ts,tsx}'],
          exclude: ['**/*.browser.test.tsx'],
          // Long: tests must not fail on a busy machine.
          testTimeout: 60_000,
          restoreMocks: true,
          unstubGlobals: true,
        },
      },
      {
        extends: true,
        test: {
          name: 'components',
          include: ['{src,packages/*/src}/**/*.browser.test.tsx'],
          testTimeout: 20_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                executablePath: chromium,
                args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
              },
            }),
            // A name that is part of another one must not find both.
            locators: { exact: true },
            instances: [{ browser: 'chromium' }],
            viewport: { width: 1280, height: 800 },
          },
        },
      },
    ],
  },
});
