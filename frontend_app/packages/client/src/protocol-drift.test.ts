// The server publishes its protocol as a schema and a table of codes, made from its own types.
// What this client accepts must be the same: frames made from the schema are accepted, broken ones are not.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GENERATED, generate } from '../../../scripts/generate-protocol';
import { judgeClose } from './closes.ts';
import { readServerFrame } from './validate.ts';

const folder = join(import.meta.dirname, '../../../../proto/websocket');
const published = existsSync(join(folder, 'schema.json'));
const read = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'));

interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  oneOf?: Schema[];
  anyOf?: Schema[];
  const?: unknown;
  enum?: unknown[];
  default?: unknown;
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
}

class FrameMaker {
  readonly #defs: Record<string, Schema>;

  constructor(defs: Record<string, Schema>) {
    this.#defs = defs;
  }

  resolve(schema: Schema): Schema {
    const name = schema.$ref?.replace('#/$defs/', '');
    return name === undefined ? schema : this.resolve(this.#defs[name] ?? {});
  }

  make(given: Schema): fc.Arbitrary<unknown> {
    const schema = this.resolve(given);
    if ('const' in schema) return fc.constant(schema.const);
    if (schema.enum) return fc.constantFrom(...schema.enum);
    const choices = schema.oneOf ?? schema.anyOf;
    if (choices) return fc.oneof(...choices.map(choice => this.make(choice)));
    const types = [schema.type ?? 'null'].flat();
    return fc.oneof(...types.map(type => this.#ofType(type, schema)));
  }

  #ofType(type: string, schema: Schema): fc.Arbitrary<unknown> {
    switch (type) {
      case 'object': {
        const parts = Object.entries(schema.properties ?? {}).map(([key, part]) => [
          key,
          this.make(part),
        ]);
        return fc.record(Object.fromEntries(parts), {
          requiredKeys: (schema.required ?? []) as never[],
        });
      }
      case 'array':
        return fc.array(this.make(schema.items ?? {}), { maxLength: 3 });
      case 'integer':
        return fc.nat();
      case 'boolean':
        return fc.boolean();
      case 'string':
        return fc.string();
      default:
        return fc.constant(null);
    }
  }

  /** Every way to leave out one field that the schema requires. */
  *omissions(given: Schema, value: unknown): Generator<() => void> {
    const schema = this.resolve(given);
    if (Array.isArray(value)) {
      for (const item of value) yield* this.omissions(schema.items ?? {}, item);
    } else if (typeof value === 'object' && value !== null) {
      const fields = value as Record<string, unknown>;
      const shape = schema.properties ? schema : this.resolve(schema.anyOf?.[0] ?? {});
      for (const key of shape.required ?? []) yield () => delete fields[key];
      for (const key of Object.keys(fields))
        yield* this.omissions(shape.properties?.[key] ?? {}, fields[key]);
    }
  }
}

/** Values of a wrong type, as a broken program may send them. Huge numbers are no integers to us, but to Ajv. */
const WRONG_VALUES = fc.oneof(
  fc.constantFrom(null, true, 0, 7, -1, 1.5, '', 'x', [], {}, [null], [{}], { id: 'x' }),
  fc.string(),
);

/** Each key of each object and list in a value. */
function* everyPlace(value: unknown): Generator<[object, string]> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    yield [value, key];
    yield* everyPlace(inner);
  }
}

describe.skipIf(!published)('the published schema', () => {
  const root: Schema = published ? read('schema.json') : {};
  const maker = new FrameMaker(root.$defs ?? {});
  const frames = maker.resolve({ $ref: '#/$defs/ServerFrame' }).oneOf ?? [];
  const typeOf = (frame: Schema) => String(frame.properties?.['type']?.const);

  it('matches the types and shapes that are committed (`npm run generate` makes them)', () => {
    expect(readFileSync(GENERATED, 'utf8')).toBe(generate({ $defs: root.$defs }));
  });

  it('is refused by the generator when it has a keyword that is not known', () => {
    const odd = { $defs: { ...root.$defs, Step: { type: 'object', patternProperties: {} } } };
    expect(() => generate(odd)).toThrow('patternProperties');
  });

  // Another reading of the same schema, so that our generator does not judge itself. Enumerations stay open here: a
  // newer server may send another value. What has a default may be null too: it may be missing, which is the same to us.
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const isWord = (value: unknown) => typeof value === 'string';
  const opened = (_: string, value: Schema | null) => {
    const words = value?.enum ?? value?.oneOf?.map(choice => choice.const);
    if (words?.every(isWord)) return { type: 'string' };
    return value?.default === undefined ? value : { ...value, type: [value.type, 'null'].flat() };
  };
  const openSchema = JSON.parse(JSON.stringify(root), opened);
  const isServerFrame = ajv.compile({ ...openSchema, oneOf: [{ $ref: '#/$defs/ServerFrame' }] });

  it.each(frames.map(frame => [typeOf(frame), frame] as const))(
    '%s: with any value in any place it is judged as Ajv judges it',
    (_, schema) => {
      const places = ([path, value]: [number, unknown], frame: unknown) => {
        const targets = [...everyPlace(frame)];
        const [parent, key] = targets[path % targets.length] ?? [{}, ''];
        Object.assign(parent, { [key]: value });
      };
      fc.assert(
        fc.property(maker.make(schema), fc.tuple(fc.nat(), WRONG_VALUES), (made, oddity) => {
          const frame = structuredClone(made);
          places(oddity, frame);
          const text = JSON.stringify(frame);
          const judged = readServerFrame(text) !== null;
          expect(judged, text).toBe(isServerFrame(JSON.parse(text)));
        }),
        { numRuns: 300 },
      );
    },
  );

  it.each(frames.map(frame => [typeOf(frame), frame] as const))(
    '%s: a frame that it allows is accepted, one that lacks a required field is not',
    (_, schema) => {
      fc.assert(
        fc.property(maker.make(schema), fc.nat(), (made, place) => {
          expect(readServerFrame(JSON.stringify(made))).toEqual(JSON.parse(JSON.stringify(made)));
          const broken = structuredClone(made);
          const omissions = [...maker.omissions(schema, broken)];
          omissions[place % omissions.length]?.();
          expect(readServerFrame(JSON.stringify(broken))).toBeNull();
        }),
        { numRuns: 100 },
      );
    },
  );
});

describe.skipIf(!published)('the published codes', () => {
  const { closes } = published ? read('codes.json') : { closes: [] };
  it.each(closes as { code: number; reason: string; verdict: string }[])(
    '$code $reason: $verdict',
    ({ code, reason, verdict }) => {
      // A fault of one of the programs: the client stops, and the person may try again.
      const expected =
        verdict === 'fault' ? { kind: 'stop', action: 'try_again' } : { kind: verdict };
      expect(judgeClose(code, reason)).toMatchObject(expected);
    },
  );
});
