// How the web app is built: one page, hashed files, and a .br and .gz copy beside each file that shrinks,
// so that the server never compresses. Tests are configured in vitest.config.ts.
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

/** Vite wraps each `import()` in code that loads styles and preloads; with one style sheet and no preloads it is not needed. */
function plainImports(): Plugin {
  return {
    name: 'plain-imports',
    apply: 'build',
    enforce: 'pre',
    load: id =>
      id === '\0vite/preload-helper.js' ? 'export const __vitePreload = load => load();' : null,
  };
}

export default defineConfig({
  ...FROM_SOURCE,
  plugins: [react(), plainImports(), precompress()],
  build: {
    target: 'baseline-widely-available',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    modulePreload: false,
    cssCodeSplit: false,
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    // What the page needs at first is one file: no part that is loaded later splits something off it.
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: 'index', test: /src\/main\.tsx$/ }] } },
    },
  },
  server: {
    proxy: {
      '/v1': { target: process.env['RECIPE_CHAT_URL'] ?? 'http://127.0.0.1:8080', ws: true },
    },
  },
});
