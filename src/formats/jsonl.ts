import type { Job } from '../lib/progress.ts';
import type { TableContent } from './delimited.ts';
import { JsonFault, skipSpace, skipValue } from './jsonFault.ts';
import { makeJsonRecords } from './jsonRecords.ts';
import { makePace } from './pace.ts';
import { makeProblemList } from './problemList.ts';

/** Reads JSON Lines: one object a line. Bad lines are left out and listed with their number and the reason. */
export async function readJsonl(
  text: string,
  options: { file: string; byteLength: number },
  job?: Job,
): Promise<TableContent> {
  const { file, byteLength } = options;
  const records = makeJsonRecords();
  const problems = makeProblemList(file);
  const pace = makePace(job, 'Reading', 'bytes', byteLength);
  let line = 1;
  for (let start = 0; start < text.length; line++) {
    const found = text.indexOf('\n', start);
    const end = found < 0 ? text.length : found;
    const source = text.slice(start, end).trim();
    const reason = source === '' ? undefined : takeLine(source);
    if (reason !== undefined) {
      problems.add({
        code: 'jsonl-bad-line',
        message: `Line ${line} is left out: ${reason}.`,
        fix: 'Mend that line, or leave it out for good.',
        row: line,
      });
    }
    start = end + 1;
    if (line % 64 === 0 && pace.isDue()) await pace.pause(Math.round((start / text.length) * byteLength));
  }
  pace.finish(byteLength);
  return { ...records.finish(), problems: problems.list() };

  function takeLine(source: string): string | undefined {
    let value: unknown;
    try {
      value = JSON.parse(source);
    } catch {
      return explain(source);
    }
    return records.add(value, line);
  }
}

/** Why a line is no JSON, in the same words in every browser. */
function explain(source: string): string {
  try {
    const rest = skipSpace(source, skipValue(source, 0));
    return `more text follows the object at column ${rest + 1}`;
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    return `at column ${error.index + 1}, while reading ${error.reading}, ${error.message}`;
  }
}
