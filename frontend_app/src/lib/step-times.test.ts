// The times in a step's text: which are found, and how long they are.
import { describe, expect, it } from 'vitest';
import { stepParts } from './step-times';

const times = (text: string) =>
  stepParts(text)
    .filter(({ seconds }) => seconds !== null)
    .map(part => [part.text, part.seconds]);

describe('a step', () => {
  it.each([
    ['Bake for 20 minutes.', '20 minutes', 1_200],
    ['Rest 1 1/2 hours', '1 1/2 hours', 5_400],
    ['Rest 1½ hours', '1½ hours', 5_400],
    ['for ½ hour', '½ hour', 1_800],
    ['20-25 min', '20-25 min', 1_200],
    ['boil 3 to 4 minutes', '3 to 4 minutes', 180],
    ['for 1 hour and 30 minutes, then', '1 hour and 30 minutes', 5_400],
    ['1h 30min', '1h 30min', 5_400],
    ['a 90-second blast', '90-second', 90],
    ['about 1,5 hours', '1,5 hours', 5_400],
  ])('%j names a time', (text, time, seconds) => {
    expect(times(text)).toEqual([[time, seconds]]);
  });

  it.each([
    'Add 2 eggs and 200 ml milk',
    'Bake at 180C',
    'Cut into 5 mm slices',
    'serve 4',
    'soak for 3 days',
    '0 minutes',
  ])('%j names none', text => {
    expect(times(text)).toEqual([]);
  });

  it('keeps all of its text, in order', () => {
    const text = 'Fry 5 min, then bake 1 hour.';
    expect(stepParts(text).map(part => part.text)).toEqual([
      'Fry ',
      '5 min',
      ', then bake ',
      '1 hour',
      '.',
    ]);
  });
});
