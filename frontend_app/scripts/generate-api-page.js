// Makes API.md of each package from its declarations: every export of its entry points, with its documentation.
// `npm run generate` writes the pages; a test checks that they are up to date.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
export const PACKAGES = ['client', 'react'];
export const pageOf = name => join(ROOT, 'packages', name, 'API.md');

/** The page's text, made from declarations that the compiler writes into a folder of its own. */
export function generate(name) {
  const folder = mkdtempSync(join(tmpdir(), 'recipe-chat-api-'));
  const project = join(ROOT, 'packages', name, 'tsconfig.build.json');
  try {
    // The other package is read from its sources, which lie outside of the root of this one.
    const flags = '--emitDeclarationOnly --declarationMap false --rootDir packages';
    const conditions = ['--customConditions', '@recipe-chat/source', '--outDir', folder];
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    execFileSync(process.execPath, [tsc, '-p', project, ...flags.split(' '), ...conditions], {
      cwd: ROOT,
    });
    return page(name, join(folder, name, 'src'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function page(name, folder) {
  const { exports } = JSON.parse(
    readFileSync(join(ROOT, 'packages', name, 'package.json'), 'utf8'),
  );
  const sections = Object.entries(exports).flatMap(([path, { types }]) => {
    const module = types.replace('./dist/', './').replace('.d.ts', '.ts');
    const entries = [...exportsOf(folder, module)].sort(([a], [b]) => compare(a, b));
    const title = `@recipe-chat/${name}${path.slice(1)}`;
    return [`## \`${title}\``, ...entries.map(([exported, text]) => entry(exported, text))];
  });
  return `${[
    `# API of @recipe-chat/${name}`,
    'Made from the types by `npm run generate`; do not edit.',
    ...sections,
  ].join('\n\n')}\n`;
}

const compare = (a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1);

function entry(name, { doc, code }) {
  const words = doc
    ?.replace(/^\/\*\*|\*\/\n$/g, '')
    .replace(/^ *\* ?/gm, '')
    .trim();
  return [`### ${name}`, words, `\`\`\`ts\n${code}\n\`\`\``].filter(Boolean).join('\n\n');
}

/** What a module exports, by name: its own declarations and those that it passes on. */
function exportsOf(folder, module) {
  const text = readFileSync(join(folder, module.replace(/\.tsx?$/, '.d.ts')), 'utf8');
  const found = new Map();
  for (const { name, ...declaration } of declarationsOf(text)) found.set(name, declaration);
  for (const [, names, from] of text.matchAll(/^export (?:type )?\{([^}]*)\} from '(.*)';$/gm)) {
    const there = exportsOf(folder, from);
    for (const part of names.split(',').map(part => part.trim().replace(/^type /, ''))) {
      if (!part) continue;
      const [name, as = name] = part.split(' as ');
      const declaration = there.get(name);
      if (!declaration) throw new Error(`${module} exports ${name}, which ${from} has not`);
      found.set(as, declaration);
    }
  }
  for (const [, from] of text.matchAll(/^export \* from '(.*)';$/gm))
    for (const [name, declaration] of exportsOf(folder, from)) found.set(name, declaration);
  return found;
}

/** Exported declarations, with the comment before each; a function may have several. */
function declarationsOf(text) {
  const start =
    /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?^export (?:declare )?(?:interface|type|class|const|function) (\w+)/gm;
  const found = new Map();
  for (const match of text.matchAll(start)) {
    const [, doc, name] = match;
    const code = statementAt(text, match.index + (doc?.length ?? 0)).replace(
      'export declare',
      'export',
    );
    const before = found.get(name);
    found.set(name, {
      name,
      doc: before?.doc ?? doc,
      code: before ? `${before.code}\n${code}` : code,
    });
  }
  return found.values();
}

/** The compiler ends a declaration with a line that closes what it opened. */
function statementAt(text, start) {
  const lines = text.slice(start).split('\n');
  const end = lines.findIndex((line, at) => (at === 0 ? /[;}]$/ : /^[^ ].*[;}]$|^[;}]/).test(line));
  const own = line => line !== '    #private;';
  return lines
    .slice(0, end + 1)
    .filter(own)
    .join('\n');
}

if (import.meta.filename === process.argv[1])
  for (const name of PACKAGES) writeFileSync(pageOf(name), generate(name));
