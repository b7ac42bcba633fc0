import { describe, expect, it } from 'vitest';
import { makePrng } from '../lib/prng.ts';
import { JsonFault, placeAt, skipSpace, skipValue } from './jsonFault.ts';

function accepts(text: string): boolean {
  try {
    return skipSpace(text, skipValue(text, 0)) === text.length;
  } catch (error) {
    if (error instanceof JsonFault) return false;
    throw error;
  }
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('skipValue', () => {
  it('agrees with JSON.parse on mutated texts', () => {
    const base = '{"a": [1, -2.5e+3, true, null], "b\\n\\u00e9": {"c": "d \\"e\\"", "f": []}, "g": {}}';
    const alphabet = '{}[]",:\\ \n019-+.eEtfnua';
    const prng = makePrng(7);
    let acceptedCount = 0;
    const different: string[] = [];
    for (let i = 0; i < 5_000; i++) {
      const at = prng.below(base.length);
      const removed = prng.below(3);
      const added = alphabet[prng.below(alphabet.length)]!.repeat(prng.below(2));
      const text = base.slice(0, at) + added + base.slice(at + removed);
      if (accepts(text)) acceptedCount++;
      if (accepts(text) !== parses(text)) different.push(text);
    }
    expect(different).toEqual([]);
    expect(acceptedCount).toBeGreaterThan(500);
    expect(acceptedCount).toBeLessThan(4_500);
  });

  it('says of every cut that the text ended there', () => {
    const text = '{"a": [1.5, true, "x\\u00e9y"], "b": {"c": null}}';
    for (let length = 1; length < text.length; length++) {
      expect(() => skipValue(text.slice(0, length), 0)).toThrow(expect.objectContaining({ isCutOff: true }));
    }
  });

  it.each([
    ['{"a": }', 6, 'the value of "a"', 'a value was expected, and "}" found'],
    ['{"a" 1}', 5, 'the value of "a"', '":" was expected, and "1" found'],
    ['{"a": "x\ny"}', 8, 'the value of "a"', 'a string is not closed before the line ends'],
    ["{'a': 1}", 1, 'an object', 'a field name in double quotes was expected, and "\'" found'],
    ['{"a": NaN}', 6, 'the value of "a"', 'a value was expected, and "N" found'],
    ['{"a": 1 "b": 2}', 8, 'what follows the value of "a"', '"," or "}" was expected, and """ found'],
  ])('%j breaks at %i', (text, index, reading, message) => {
    expect(() => skipValue(text, 0)).toThrow(
      expect.objectContaining({ index, reading, message, isCutOff: false }),
    );
  });

  it('does not overflow on deep nesting', () => {
    expect(() => skipValue('['.repeat(100_000), 0)).toThrow('nested more than 500 deep');
  });
});

it('counts lines from 1, also from a place already known', () => {
  const text = 'ab\ncd\n';
  expect(placeAt(text, 0)).toEqual({ index: 0, line: 1, lineStart: 0 });
  expect(placeAt(text, 4)).toEqual({ index: 4, line: 2, lineStart: 3 });
  expect(placeAt(text, 6)).toEqual({ index: 6, line: 3, lineStart: 6 });
  for (let index = 0; index <= 6; index++) {
    expect(placeAt(text, 6, placeAt(text, index))).toEqual(placeAt(text, 6));
  }
});
