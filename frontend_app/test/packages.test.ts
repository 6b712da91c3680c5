// What the packages say of themselves is true: their API pages, and that they need nothing but React.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generate, PACKAGES, pageOf } from '../scripts/generate-api-page.js';

const root = join(import.meta.dirname, '../packages');

describe.each(PACKAGES)('the package %s', name => {
  const read = (file: string) => readFileSync(join(root, name, file), 'utf8');
  const described = JSON.parse(read('package.json'));

  it('has an API page made from its types (`npm run generate` writes it)', () => {
    expect(readFileSync(pageOf(name), 'utf8')).toBe(generate(name));
  });

  it('depends on nothing from elsewhere', () => {
    const wanted = { ...described.dependencies, ...described.peerDependencies };
    expect(Object.keys(wanted).filter(one => !one.startsWith('@recipe-chat/'))).toEqual(
      name === 'react' ? ['react'] : [],
    );
  });

  it('has all entry points, and links that lead somewhere', () => {
    const entries = Object.values(described.exports) as Record<string, string>[];
    for (const { '@recipe-chat/source': source = '' } of entries)
      expect(existsSync(join(root, name, source)), source).toBe(true);
    const docs = ['connection', 'tokens', 'messages', 'recipe', 'people', 'runtimes'];
    for (const page of [
      'README.md',
      ...(name === 'client' ? docs.map(doc => `docs/${doc}.md`) : []),
    ])
      for (const [, path = ''] of read(page).matchAll(/\]\((?!https?:)([^)#]+)/g))
        expect(existsSync(join(root, name, dirname(page), path)), `${page}: ${path}`).toBe(true);
  });
});
