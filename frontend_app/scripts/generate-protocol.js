// Makes the protocol's TypeScript types, and the shapes that frames from the server are checked against, from the
// JSON Schema of the server's types. `npm run generate` writes the file; a test checks that it is up to date.
// Supports the part of JSON Schema that this schema uses, and refuses the rest instead of guessing.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SCHEMA = join(import.meta.dirname, '../../proto/websocket/schema.json');
export const GENERATED = join(import.meta.dirname, '../packages/client/src/protocol.generated.ts');
const SUPPORTED = new Set(
  '$ref anyOf const default description enum format items maxItems maxLength minLength minimum oneOf properties required type'.split(
    ' ',
  ),
);

export function generate({ $defs }) {
  return `${[
    `// Made by scripts/generate-protocol.js from proto/websocket/schema.json; do not edit.`,
    ...Object.entries($defs).map(([name, definition]) => declaration(name, definition)),
    ...shapesFor('ServerFrame', $defs),
  ].join('\n\n')}\n`;
}

// ---- types

function declaration(name, schema) {
  const body = typeOf(schema, '');
  const declared = schema.properties
    ? `interface ${name} ${body}`
    : `type ${name} =${body.startsWith('\n') ? '' : ' '}${body};`;
  return `${doc(schema, '')}export ${declared}`;
}

function typeOf(schema, indent) {
  refuseUnsupported(schema);
  if (schema.$ref) return nameOf(schema);
  if ('const' in schema) return JSON.stringify(schema.const);
  const choices = schema.oneOf ?? schema.anyOf ?? schema.enum?.map(value => ({ const: value }));
  if (choices) return unionOf(choices, indent);
  return [schema.type]
    .flat()
    .map(type => ofType(type, schema, indent))
    .join(' | ');
}

/** An enumeration of strings is open: a newer server may send another value. */
function unionOf(choices, indent) {
  const isEnum = choices.every(({ const: value }) => typeof value === 'string');
  const parts = choices.map(choice => typeOf(choice, `${indent}  `));
  if (isEnum) parts.push('(string & {})');
  return isNullable(choices)
    ? parts.join(' | ')
    : parts.map(part => `\n${indent}  | ${part}`).join('');
}

function ofType(type, schema, indent) {
  switch (type) {
    case 'integer':
      return 'number';
    case 'array':
      return `${typeOf(schema.items, indent)}[]`;
    case 'object':
      return schema.properties ? fieldsOf(schema, indent) : 'Record<string, unknown>';
    default:
      return type;
  }
}

function fieldsOf({ properties, required = [] }, indent) {
  const fields = Object.entries(properties).map(([key, schema]) => {
    const optional = required.includes(key) ? '' : '?';
    const space = `${indent}  `;
    return `${doc(schema, space)}${space}${key}${optional}: ${typeOf(schema, space)};`;
  });
  return `{\n${fields.join('\n')}\n${indent}}`;
}

function doc({ description }, indent) {
  return description ? `${indent}/** ${description} */\n` : '';
}

// ---- shapes: an example of each value

const EXAMPLES = { string: "''", boolean: 'false' };

/** Every object that the named type is made of, the innermost first, and the type's table of frames. */
function shapesFor(root, defs) {
  const shapes = new Map();
  const use = name => {
    if (!shapes.has(name)) shapes.set(name, shapeOf(defs[name], use, defs));
    return `${name}Shape`;
  };
  const frames = defs[root].oneOf.map(frame => {
    const { type, ...properties } = frame.properties;
    return `  ${type.const}: ${shapeOf({ ...frame, properties }, use, defs)},`;
  });
  const constants = [...shapes].map(([name, shape]) => `const ${name}Shape = ${shape};`);
  const table = `/** Examples of all frames: 0 stands for integers from 0 on. A key with a question mark may be missing or null. */\nexport const SHAPES = {\n  __proto__: null,\n${frames.join('\n')}\n} as const;`;
  return [constants.join('\n'), table];
}

function shapeOf(schema, use, defs) {
  refuseUnsupported(schema);
  if (schema.$ref) {
    const name = nameOf(schema);
    return defs[name].type === 'object' ? use(name) : shapeOf(defs[name], use, defs);
  }
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return isNullable(choices) ? shapeOf(choices[0], use, defs) : stringShape(choices);
  const [type] = [schema.type].flat();
  switch (type) {
    case 'integer':
      if (schema.minimum !== 0) throw new Error('only integers from 0 on are supported');
      return '0';
    case 'array':
      return `[${shapeOf(schema.items, use, defs)}]`;
    case 'object':
      return `{ ${partsOf(schema, use, defs)} }`;
    default:
      return EXAMPLES[type];
  }
}

function partsOf({ properties = {}, required = [] }, use, defs) {
  return Object.entries(properties)
    .map(([key, schema]) => {
      const name = required.includes(key) ? key : `'${key}?'`;
      return `${name}: ${shapeOf(schema, use, defs)}`;
    })
    .join(', ');
}

function stringShape(choices) {
  if (choices.every(({ type }) => type === 'string')) return "''";
  throw new Error('a choice between shapes is not supported');
}

// ---- both

function isNullable(choices) {
  return choices.length === 2 && choices[1].type === 'null';
}

function nameOf({ $ref }) {
  return $ref.replace('#/$defs/', '');
}

function refuseUnsupported(schema) {
  const unsupported = Object.keys(schema).filter(key => !SUPPORTED.has(key));
  if (unsupported.length > 0)
    throw new Error(`the schema has unsupported keywords: ${unsupported.join(', ')}`);
}

if (import.meta.filename === process.argv[1]) {
  writeFileSync(GENERATED, generate(JSON.parse(readFileSync(SCHEMA, 'utf8'))));
}
