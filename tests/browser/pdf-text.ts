// The text of a PDF that Chromium printed: enough of the format for that, and no more. Each font has a table from its
// glyphs to characters (ToUnicode), and shows glyphs as hexadecimal strings.
import { inflateSync } from 'node:zlib';

export function textOf(pdf: Buffer): string {
  const objects = objectsOf(pdf);
  const fonts = new Map([...objects].flatMap(([id, { source }]) => fontOf(id, source, objects)));
  let text = '';
  for (const { source, stream } of objects.values()) {
    if (!/\/Contents (\d+) 0 R/.test(source)) continue;
    const names = namesOf(source, objects, fonts);
    const content = objects.get(/\/Contents (\d+) 0 R/.exec(source)?.[1] ?? '')?.stream ?? stream;
    text += shownIn(content, names);
  }
  return text;
}

interface PdfObject {
  source: string;
  stream: string;
}

function objectsOf(pdf: Buffer): Map<string, PdfObject> {
  const all = pdf.toString('latin1');
  const found = all.matchAll(/(\d+) 0 obj\s([\s\S]*?)endobj/g);
  return new Map([...found].map(([, id = '', body = '']) => [id, objectOf(body)]));
}

function objectOf(body: string): PdfObject {
  const at = body.indexOf('stream\n');
  if (at < 0) return { source: body, stream: '' };
  const data = Buffer.from(body.slice(at + 7, body.lastIndexOf('endstream')), 'latin1');
  const source = body.slice(0, at);
  const stream = source.includes('FlateDecode') ? inflateSync(data).toString('latin1') : data.toString('latin1');
  return { source, stream };
}

type Glyphs = Map<number, string>;

function fontOf(id: string, source: string, objects: Map<string, PdfObject>): [string, Glyphs][] {
  const table = objects.get(/\/ToUnicode (\d+) 0 R/.exec(source)?.[1] ?? '')?.stream;
  return table === undefined ? [] : [[id, glyphsOf(table)]];
}

function glyphsOf(table: string): Glyphs {
  const glyphs: Glyphs = new Map();
  for (const [, block = ''] of table.matchAll(/beginbfchar([\s\S]*?)endbfchar/g))
    for (const [, glyph = '', text = ''] of block.matchAll(/<(\w+)>\s*<(\w+)>/g))
      glyphs.set(Number.parseInt(glyph, 16), charactersOf(text));
  for (const [, block = ''] of table.matchAll(/beginbfrange([\s\S]*?)endbfrange/g))
    for (const [, from = '', to = '', text = ''] of block.matchAll(/<(\w+)>\s*<(\w+)>\s*<(\w+)>/g))
      for (let glyph = Number.parseInt(from, 16), at = 0; glyph <= Number.parseInt(to, 16); glyph += 1, at += 1)
        glyphs.set(glyph, String.fromCodePoint((charactersOf(text).codePointAt(0) ?? 0) + at));
  return glyphs;
}

const charactersOf = (hex: string) => Buffer.from(hex, 'hex').swap16().toString('utf16le');

/** The page's names of its fonts. */
function namesOf(page: string, objects: Map<string, PdfObject>, fonts: Map<string, Glyphs>): Map<string, Glyphs> {
  const resources = objects.get(/\/Resources (\d+) 0 R/.exec(page)?.[1] ?? '')?.source ?? page;
  const named = resources.matchAll(/\/(F\d+) (\d+) 0 R/g);
  return new Map([...named].map(([, name = '', id = '']) => [name, fonts.get(id) ?? new Map()]));
}

function shownIn(content: string, fonts: Map<string, Glyphs>): string {
  let glyphs: Glyphs = new Map();
  let text = '';
  for (const [piece, font, hex] of content.matchAll(/\/(F\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)>|\bTm\b|\bTd\b/g)) {
    if (font) glyphs = fonts.get(font) ?? new Map();
    else if (hex) for (const code of hex.match(/.{4}/g) ?? []) text += glyphs.get(Number.parseInt(code, 16)) ?? '';
    else if (piece) text += ' ';
  }
  return text;
}
