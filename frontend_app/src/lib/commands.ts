// What one may want to say, for a field that begins with a slash: with the recipe's own ingredients. Pure.

import type { Ingredient } from '@recipe-chat/client';

const MAX_OFFERED = 6;
const ALWAYS = ['add ', 'add step: ', 'for 6 people', 'double it', 'call it ', 'undo'];
const ABOUT_INGREDIENTS: readonly ((name: string) => string)[] = [
  name => `remove ${name}`,
  name => `change ${name} to `,
  name => `swap ${name} for `,
];

/** Those in which every typed word occurs; a text that ends in a space wants to be gone on with. */
export function commandsFor(typed: string, ingredients: readonly Ingredient[]): string[] {
  const words = typed.replace(/^\//, '').toLowerCase().split(/\s+/).filter(Boolean);
  const all = [
    ...ALWAYS,
    ...ABOUT_INGREDIENTS.flatMap(make => ingredients.map(({ name }) => make(name))),
  ];
  const isMeant = (command: string) => words.every(word => command.toLowerCase().includes(word));
  return all.filter(isMeant).slice(0, MAX_OFFERED);
}
