import { describe, expect, test } from 'vitest';
import { parseSerdeNumber, quoteNumbers } from './jsonNumbers.ts';
import { makeUnigram } from './unigram.ts';

function splitterOf(
  vocab: [piece: string, score: number][],
  usesByteFallback = false,
): (word: string) => string[] {
  const encodeWord = makeUnigram({
    pieces: vocab.map(([piece]) => piece),
    scores: Float64Array.from(vocab, ([, score]) => score),
    unkId: 0,
    usesByteFallback,
  });
  return (word) => {
    const tokens: string[] = [];
    const units = Uint16Array.from(word, (character) => character.charCodeAt(0));
    encodeWord(units, units.length, (id, from, to) => tokens.push(`${word.slice(from, to)}=${id}`));
    return tokens;
  };
}

describe('makeUnigram', () => {
  test('takes the best sum and joins unknown neighbours (the example of the reference documentation)', () => {
    const split = splitterOf([['<unk>', 0], ['a', 0], ['b', 0], ['c', 0], ['d', 0], ['cd', 1], ['ab', 2], ['abc', 5], ['abcd', 10]]); // prettier-ignore
    expect(split('abcdacdxx')).toEqual(['abcd=8', 'a=1', 'cd=5', 'xx=0']);
    expect(split('')).toEqual([]);
  });

  test('of equal sums the one found first stays: the longer last piece', () => {
    // Ends at 3 are reached from 0 (abc), 1 (bc) and 2 (c), in this order.
    const split = splitterOf([['<unk>', 0], ['a', -1], ['ab', -2], ['abc', -3], ['b', -1], ['bc', -2], ['c', -1]]); // prettier-ignore
    expect(split('abc')).toEqual(['abc=3']);
    const without = splitterOf([['<unk>', 0], ['a', -1], ['ab', -2], ['b', -1], ['bc', -2], ['c', -1]]); // prettier-ignore
    expect(without('abc')).toEqual(['a=1', 'bc=4']);
  });

  test('an unknown character costs the worst score less ten', () => {
    const split = (score: number): string[] =>
      splitterOf([
        ['<unk>', 0],
        ['ab', 0],
        ['b', score],
      ])('ab');
    expect(split(9.5)).toEqual(['ab=1']);
    expect(split(10.5)).toEqual(['a=0', 'b=2']);
  });

  test('of a piece that occurs twice the later id counts', () => {
    expect(
      splitterOf([
        ['<unk>', 0],
        ['a', -1],
        ['a', -2],
      ])('a'),
    ).toEqual(['a=2']);
  });

  test('unknown characters fall back to bytes only where all bytes are there', () => {
    const split = splitterOf(
      [
        ['<unk>', 0],
        ['<0xC3>', 0],
        ['<0xA9>', 0],
        ['a', 0],
      ],
      true,
    );
    expect(split('aé')).toEqual(['a=3', 'é=1', 'é=2']);
    expect(split('è')).toEqual(['è=0']);
  });
});

describe('parseSerdeNumber', () => {
  const bits = (value: number): string => {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, value);
    return view.getBigUint64(0).toString(16);
  };

  test('gives the bits that serde_json gives, one unit beside those of parseFloat', () => {
    expect(bits(parseSerdeNumber('-2.0122928619384766'))).toBe('c000192d00000001');
    expect(bits(Number('-2.0122928619384766'))).toBe('c000192d00000000');
    expect(bits(parseSerdeNumber('-12.130167007446289'))).toBe('c02842a53fffffff');
    expect(bits(Number('-12.130167007446289'))).toBe('c02842a540000000');
  });

  test('reads integers, exponents, zero, and more digits than 64 bits hold', () => {
    expect(['0', '0.0', '-3', '1.5e3', '25e-1', '1E2', '0e-400'].map(parseSerdeNumber)).toEqual([
      0, 0, -3, 1500, 2.5, 100, 0,
    ]);
    expect(Object.is(parseSerdeNumber('-0.0'), -0)).toBe(true);
    // 20 digits are kept when they fit into 64 bits, else 19; the rest is dropped.
    expect(parseSerdeNumber('0.12345678901234567890123')).toBe(Number('12345678901234567890') / 1e20);
    expect(parseSerdeNumber('9.9999999999999999999999')).toBe(Number('9999999999999999999') / 1e18);
    expect(parseSerdeNumber('5e-320')).toBe(5 / 1e308 / 1e12);
    expect(parseSerdeNumber('one')).toBeNaN();
  });
});

test('quoteNumbers changes numbers only, and only outside of strings', () => {
  const json = String.raw`{"a 1":[-1.50,2e-3,"3, 4",{"b\"5":6}],"c\\":7,"d":null,"e":true}`;
  expect(JSON.parse(quoteNumbers(json))).toEqual({
    'a 1': ['-1.50', '2e-3', '3, 4', { 'b"5': '6' }],
    'c\\': '7',
    d: null,
    e: true,
  });
});
