import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeProblem, toProblem } from '../lib/problem.ts';
import type { Progress } from '../lib/progress.ts';
import { readTable } from './readTable.ts';
import { processorMs } from '../test/processorMs.ts';

const folder = join(import.meta.dirname, 'fixtures/tables');
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Each file of the folder has `<file>.expected.json` beside it: the whole table, or the problem that is thrown. */
describe('files of fixtures/tables', () => {
  const files = readdirSync(folder).filter((file) => !file.endsWith('.expected.json'));

  it.each(files)('%s', async (file) => {
    const bytes = new Uint8Array(readFileSync(join(folder, file)));
    const found: unknown = await readTable(file, bytes).catch((error: unknown) => ({
      thrown: toProblem(error),
    }));
    expect(found).toEqual(JSON.parse(readFileSync(join(folder, `${file}.expected.json`), 'utf8')));
  });
});

describe('long files', () => {
  it('names row 812 when it has 5 columns under a header of 3', async () => {
    const lines = ['id,text,label', ...Array.from({ length: 1500 }, (_, i) => `${i},"text ${i}",a`)];
    lines[811] = '810,one,two,three,four';
    const table = await readTable('tickets.csv', encode(lines.join('\n')));
    expect(table.rows).toHaveLength(1499);
    expect(table.problems.map(describeProblem)).toEqual([
      'tickets.csv, row 812: 3 columns in the header and 5 in row 812; the row is left out. If a value contains a ",", put the value in double quotes.',
    ]);
    expect(table.lines[table.rows.findIndex(({ id }) => id === '811')]).toBe(813);
  });

  it('numbers lines exactly across slices, with quoted line breaks and Windows line ends', async () => {
    const records: string[] = [];
    const expected: number[] = [];
    let line = 2;
    for (let i = 0; i < 30_000; i++) {
      const breaks = i % 3;
      expected.push(line);
      records.push(
        `${i},"says ""${'x\r\n'.repeat(breaks)}"", ${'long '.repeat(i % 7)}${'padding '.repeat(8)}"`,
      );
      line += breaks + 1;
    }
    const text = `id,text\r\n${records.join('\r\n')}\r\n`;
    expect(text.length).toBeGreaterThan(2_000_000);
    const table = await readTable('long.csv', encode(text));
    expect(table.problems).toEqual([]);
    expect(table.lines).toEqual(expected);
    expect(table.rows.every(({ id }, i) => id === String(i))).toBe(true);
  });

  it('reads a record longer than a slice', async () => {
    const long = 'word '.repeat(300_000);
    const table = await readTable('long.csv', encode(`id,text\n1,"${long}"\n2,short\n`));
    expect(table.problems).toEqual([]);
    expect(table.rows.map(({ text }) => text?.length)).toEqual([long.length, 5]);
  });

  it('loses one line to an early unclosed quote, however long the file', async () => {
    const rows = Array.from({ length: 40_000 }, (_, i) => `${i},${'long text '.repeat(8)}number ${i}`);
    rows[5] = '5,"open';
    const table = await readTable('open.csv', encode(`id,text\n${rows.join('\n')}\n`));
    expect(table.rows).toHaveLength(39_999);
    expect(table.problems).toMatchObject([{ code: 'csv-unclosed-quote', row: 7, column: 'text' }]);
  });

  it('stops after 20 unclosed quotes instead of searching the file for each', async () => {
    const rows = Array.from({ length: 100_000 }, (_, i) => `"${i} of many texts; label`);
    const table = await readTable('open.csv', encode(`text,label\nfirst,x\n${rows.join('\n')}\n`));
    expect(table.rows).toEqual([{ text: 'first', label: 'x' }]);
    expect(table.problems.at(-1)).toMatchObject({ code: 'csv-too-many-open-quotes' });
  });

  it('reads tab-separated text written without quoting as it is', async () => {
    const rows = Array.from({ length: 100 }, (_, i) =>
      i % 3 === 0 ? `"he said ${i}\tlabel` : `plain "${i}"\tother`,
    );
    const table = await readTable('sst.tsv', encode(`text\tlabel\n${rows.join('\n')}\n`));
    expect(table.rows.map(({ text, label }) => `${text}\t${label}`)).toEqual(rows);
    expect(table.lines.at(-1)).toBe(101);
    expect(table.problems).toMatchObject([{ code: 'tsv-quotes-as-text' }]);
  });

  it('lists at most 1,000 problems and counts the rest', async () => {
    const table = await readTable('many.jsonl', encode(`{"a":"x"}\n${'nonsense\n'.repeat(3000)}`));
    expect(table.problems).toHaveLength(1001);
    expect(table.problems[1000]?.message).toBe('And 2,000 more of the kind.');
  });

  it.each([
    ['rows.csv', 'id,text\n', '17,"Where is my parcel, please?"', '\n', ''],
    ['rows.jsonl', '', '{"id":17,"text":"Where is my parcel, please?"}', '\n', ''],
    ['rows.json', '[', '{"id":17,"text":"Where is my parcel, please?"}', ',', ']'],
    ['bad.json', '[', '{"id":17,"text":Where}', ',', ']'],
  ])('takes time in proportion to the length of %s', async (name, head, row, separator, tail) => {
    const timeMs = async (rowCount: number): Promise<number> => {
      const bytes = encode(head + Array.from({ length: rowCount }, () => row).join(separator) + tail);
      return processorMs(() => readTable(name, bytes));
    };
    await timeMs(10_000);
    const small = await timeMs(10_000);
    const large = await timeMs(80_000);
    // Eight times the rows; a quadratic reader would need 64 times the time.
    expect(large).toBeLessThan(30 * Math.max(small, 10));
  });
});

describe('jobs', () => {
  const bytes = encode(`id,text\n${'1,"some text, quoted"\n'.repeat(200_000)}`);

  it('tells progress in bytes, never backwards, up to the end', async () => {
    const seen: Progress[] = [];
    await readTable('rows.csv', bytes, { onProgress: (progress) => seen.push(progress) });
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.at(-1)).toEqual({ phase: 'Reading', unit: 'bytes', done: bytes.length, total: bytes.length });
    expect(seen.every(({ done }, i) => i === 0 || done >= seen[i - 1]!.done)).toBe(true);
  });

  it('stops when cancelled, with the reason given', async () => {
    const controller = new AbortController();
    const reading = readTable('rows.csv', bytes, {
      signal: controller.signal,
      onProgress: ({ done }) => {
        if (done > 0) controller.abort(new Error('enough'));
      },
    });
    await expect(reading).rejects.toThrow('enough');
  });

  it.each(['rows.csv', 'rows.json', 'rows.jsonl'])(
    'does not start %s when already cancelled',
    async (name) => {
      const signal = AbortSignal.abort(new Error('before'));
      await expect(readTable(name, encode('[{"a":"b"}]'), { signal })).rejects.toThrow('before');
    },
  );
});
