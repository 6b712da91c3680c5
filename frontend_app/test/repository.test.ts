// Rules for all sources, and for the packages that a contributor on another system installs.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const sources = ['src', 'packages/client/src', 'packages/react/src'].flatMap(folder =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name))
    .map(name => ({ name, text: readFileSync(join(root, folder, name), 'utf8') })),
);

describe('the sources', () => {
  it('make no markup and no code from strings', () => {
    const forbidden =
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function\(/;
    expect(sources.filter(({ text }) => forbidden.test(text)).map(({ name }) => name)).toEqual([]);
  });

  it('have their texts in texts.ts and texts-lazy.ts: no component has one of its own', () => {
    // Text between tags, or in an attribute that people read or hear.
    const ownText =
      />[^<>{}=]*[A-Za-z]{2,}[^<>{}=]*<\/|(?:aria-label|title|placeholder|alt)="[^"]*[A-Za-z]/;
    const components = sources.filter(({ name }) => name.endsWith('.tsx'));
    expect(components.length).toBeGreaterThan(15);
    expect(components.filter(({ text }) => ownText.test(text)).map(({ name }) => name)).toEqual([]);
  });
});

describe('the lockfile', () => {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const names = Object.keys(packages).map(path => path.replace(/^node_modules\//, ''));

  const systems = ['darwin-arm64', 'darwin-x64', 'win32-x64', 'linux-x64', 'linux-arm64'];
  it.each([
    ['@biomejs/cli-', ...systems, 'musl'],
    ['@rolldown/binding-', ...systems, 'musl'],
    ['lightningcss-', ...systems, 'musl'],
    // Linked statically: runs with any libc.
    ['@typescript/typescript-', ...systems],
  ])('has %s for every system', (prefix, ...wanted) => {
    const found = names.filter(name => name.startsWith(prefix)).join(' ');
    for (const system of wanted) expect(found).toContain(system);
  });

  it('names no registry', () => {
    const all = Object.values(packages) as { resolved?: string; link?: boolean }[];
    expect(all.filter(({ resolved, link }) => resolved && !link)).toEqual([]);
  });
});
