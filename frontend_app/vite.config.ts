// How the web app is built: one page, hashed files, and a .br and .gz copy beside each file that shrinks,
// so that the server never compresses. Tests are configured in vitest.config.ts.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { FROM_SOURCE } from './scripts/from-source.js';

const COMPRESSIBLE = /\.(html|js|css|svg|json|webmanifest)$/;

function precompress(): Plugin {
  let folder = '';
  return {
    name: 'precompress',
    apply: 'build',
    configResolved(config) {
      folder = join(config.root, config.build.outDir);
      if (config.build.outDir.startsWith('/')) folder = config.build.outDir;
    },
    closeBundle() {
      for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        if (!COMPRESSIBLE.test(name)) continue;
        const file = join(folder, name);
        const body = readFileSync(file);
        const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
        writeFileSync(`${file}.br`, brotliCompressSync(body, { params }));
        writeFileSync(`${file}.gz`, gzipSync(body, { level: 9 }));
      }
    },
  };
}

/**
 * Before a module is imported, it and all that it imports are fetched: a browser that has failed to import an address
 * may remember that for as long as the page lives (Chromium does), while a failed `fetch` can be tried again. Takes the
 * place of Vite's helper, which preloads.
 */
const FETCH_THEN_IMPORT = `
export const __vitePreload = async (load, paths) => {
  const answers = await Promise.all(paths.map(path => fetch('/' + path)));
  if (answers.every(({ ok }) => ok)) return load();
  throw 0;
};`;

function fetchBeforeImport(): Plugin {
  return {
    name: 'fetch-before-import',
    apply: 'build',
    enforce: 'pre',
    load: id => (id === '\0vite/preload-helper.js' ? FETCH_THEN_IMPORT : null),
  };
}

/** Files that are not hashed, which the page needs too. */
const PUBLIC_FILES = ['/favicon.svg', '/icon-192.png', '/manifest.webmanifest', '/start.js'];
const SERVICE_WORKER = 'service-worker';

/** Tells the service worker which files the build has; it is another script, which browsers notice, when they differ. */
function listFiles(): Plugin {
  return {
    name: 'list-files',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const names = Object.keys(bundle).filter(name => name.startsWith('assets/'));
        const files = [...names.map(name => `/${name}`).sort(), ...PUBLIC_FILES];
        const entry = files.find(name => /^\/assets\/index-[^/]*\.js$/.test(name));
        const worker = bundle[`${SERVICE_WORKER}.js`];
        const page = bundle['index.html'];
        if (!entry || worker?.type !== 'chunk' || page?.type !== 'asset')
          return this.error('the build has no page, entry or service worker');
        const version = createHash('sha256')
          .update(JSON.stringify(files) + page.source)
          .digest('hex')
          .slice(0, 16);
        const build = JSON.stringify(JSON.stringify({ version, entry, files }));
        worker.code = worker.code.replace(/(["'`])%BUILD%\1/, () => build);
      },
    },
  };
}

export default defineConfig({
  ...FROM_SOURCE,
  plugins: [react(), fetchBeforeImport(), listFiles(), precompress()],
  build: {
    target: 'baseline-widely-available',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    modulePreload: {
      polyfill: false,
      // All parts import the entry, which is there already.
      resolveDependencies: (_file, paths) =>
        paths.filter(path => !path.startsWith('assets/index-')),
    },
    cssCodeSplit: false,
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    // What the page needs at first is one file: no part that is loaded later splits something off it.
    rolldownOptions: {
      input: { index: 'index.html', [SERVICE_WORKER]: 'src/service-worker/service-worker.ts' },
      output: {
        codeSplitting: { groups: [{ name: 'index', test: /src\/main\.tsx$/ }] },
        // Its scope is its folder, and browsers look for a new one under the same name.
        entryFileNames: ({ name }) =>
          name === SERVICE_WORKER ? `${SERVICE_WORKER}.js` : 'assets/[name]-[hash].js',
        // Parts that are loaded later: their names stand in the first load.
        chunkFileNames: ({ name }) =>
          name === 'index' ? 'assets/index-[hash].js' : 'assets/part-[hash].js',
      },
    },
  },
  server: {
    proxy: {
      '/v1': { target: process.env['RECIPE_CHAT_URL'] ?? 'http://127.0.0.1:8080', ws: true },
    },
  },
});
