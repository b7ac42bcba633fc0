import { describe, expect, it } from 'vitest';
import { makePrng } from '../lib/prng.ts';
import { readDelimited } from './delimited.ts';
import { guessDelimiter } from './guessDelimiter.ts';

describe('readDelimited', () => {
  it.each([
    [',', '\n'],
    [';', '\r\n'],
    ['|', '\n'],
  ])('gives back any values written with quotes, separator %j, line end %j', async (delimiter, newline) => {
    const prng = makePrng(11);
    const alphabet = ['a', 'é', ' ', '"', '""', delimiter, '\n', '\r\n', '\t', '<b>', "'", '{'];
    for (let round = 0; round < 150; round++) {
      const records = Array.from({ length: 1 + prng.below(12) }, () =>
        Array.from(
          { length: 3 },
          (_, i) =>
            (i === 0 ? 'x' : '') +
            Array.from({ length: prng.below(6) }, () => alphabet[prng.below(alphabet.length)]!).join(''),
        ),
      );
      const lines: number[] = [];
      let text = ['one', 'two', 'three'].join(delimiter) + newline;
      for (const record of records) {
        lines.push(text.split('\n').length);
        text += record.map((field) => `"${field.replaceAll('"', '""')}"`).join(delimiter) + newline;
      }
      const table = await readDelimited(text, { file: 'a.csv', byteLength: text.length, delimiter });
      expect(table.problems).toEqual([]);
      expect(table.rows.map(({ one, two, three }) => [one, two, three])).toEqual(records);
      expect(table.lines).toEqual(lines);
    }
  });

  it('does not take names of object members for values', async () => {
    const text = 'constructor,toString\na,b\n';
    const { rows } = await readDelimited(text, { file: 'a.csv', byteLength: text.length });
    expect(rows).toEqual([{ constructor: 'a', toString: 'b' }]);
  });
});

describe('guessDelimiter', () => {
  it.each([
    ['a,b\n1,2\n', ',', 2, 1],
    ['a;b\n1,5;2,5\n', ';', 2, 1],
    ['a\tb\tc\n1\t2, 3\t4\n', '\t', 3, 1],
    ['a|b\n1|2\n', '|', 2, 1],
    ['text\nhello, world\n', ',', 1, 0],
    ['a,b\n1,2\n1,2,3\n"x,y",z\n', ',', 2, 0.75],
  ])('%j', (text, delimiter, columnCount, fit) => {
    expect(guessDelimiter(text, '\n')).toEqual({ delimiter, columnCount, fit });
  });
});
