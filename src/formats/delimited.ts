import { ProblemError } from '../lib/problem.ts';
import type { Job } from '../lib/progress.ts';
import { readColumnNames } from './columnNames.ts';
import { type DelimitedRecord, readRecords, type RecordSyntax } from './delimitedRecords.ts';
import { guessDelimiter } from './guessDelimiter.ts';
import { makePace } from './pace.ts';
import { makeProblemList } from './problemList.ts';
import type { Row, Table } from './table.ts';

/** The part of a Table that the text itself decides. */
export type TableContent = Pick<Table, 'columns' | 'rows' | 'lines' | 'problems'> & { delimiter?: string };

const SLICE_CHARACTERS = 1 << 20;
/** A record longer than this is taken for an unclosed quote: it bounds what one stray quote can cost. */
const MAX_RECORD_CHARACTERS = 1 << 21;
/** After so many unclosed quotes the file is not read further; each costs a search of a whole slice. */
const MAX_OPEN_QUOTES = 20;

/**
 * Reads delimited text with a header row. Records with another number of fields than the header are left out and
 * listed by line; an unclosed quote costs the lines up to the next record that fits; blank lines are passed over.
 * Tab-separated text with many unclosed quotes was written without quoting and is read so.
 * Time is linear in the text; throws ProblemError only when the header itself cannot be read.
 */
export async function readDelimited(
  text: string,
  options: { file: string; delimiter?: string; byteLength: number },
  job?: Job,
): Promise<TableContent> {
  const { file, byteLength } = options;
  const newline = text.includes('\n') || !text.includes('\r') ? '\n' : '\r';
  // Excel writes and reads this line to name the separator.
  const declared = /^sep=([^\r\n])\r?\n/i.exec(text);
  const delimiter = declared?.[1] ?? options.delimiter ?? guessDelimiter(text, newline).delimiter;
  const start = declared?.[0].length ?? 0;
  const read = async (hasQuotes: boolean): Promise<RecordReader> => {
    const reader = makeRecordReader(file, { delimiter, newline, hasQuotes }, declared ? 2 : 1);
    const pace = makePace(job, 'Reading', 'bytes', byteLength);
    let offset = start;
    let sliceLength = SLICE_CHARACTERS;
    while (offset < text.length && !reader.hasGivenUp()) {
      const slice = text.slice(offset, offset + sliceLength);
      let usedCharacters = reader.read(slice, offset + sliceLength >= text.length);
      if (usedCharacters === 0 && sliceLength < MAX_RECORD_CHARACTERS) {
        sliceLength *= 2;
        continue;
      }
      if (usedCharacters === 0) usedCharacters = reader.read(slice, true);
      offset += usedCharacters;
      sliceLength = SLICE_CHARACTERS;
      if (pace.isDue()) await pace.pause(Math.round((offset / text.length) * byteLength));
    }
    pace.finish(byteLength);
    return reader;
  };

  let reader = await read(true);
  if (reader.hasGivenUp() && delimiter === '\t') reader = await read(false);
  return { ...reader.finish(), delimiter };
}

type RecordReader = ReturnType<typeof makeRecordReader>;

/** Turns slices of the text into rows; keeps header, line number and the trace of an unclosed quote between slices. */
function makeRecordReader(file: string, syntax: RecordSyntax, firstLine: number) {
  const { delimiter, newline } = syntax;
  const problems = makeProblemList(file);
  const rows: Row[] = [];
  const lines: number[] = [];
  let columns: string[] | undefined;
  let line = firstLine;
  let openQuoteCount = 0;
  let broken: { quoteLine: number; lastLine: number; column: string | undefined } | undefined;

  const closeBroken = (): void => {
    if (!broken) return;
    const { quoteLine, lastLine, column } = broken;
    problems.add({
      code: 'csv-unclosed-quote',
      message:
        `A quote opens in line ${quoteLine} and does not close; ` +
        (lastLine > quoteLine ? `lines ${quoteLine} to ${lastLine} are left out.` : 'that line is left out.'),
      fix: 'Close the quote there, or write a quote inside a value as two quotes, and look at the rows that follow.',
      row: quoteLine,
      ...(column === undefined ? {} : { column }),
    });
    broken = undefined;
  };

  const takeFields = (fields: string[], recordLine: number): void => {
    if (fields.every((field) => field.trim() === '')) return;
    if (!columns) {
      const header = readColumnNames(fields, file, recordLine);
      columns = header.columns;
      for (const problem of header.problems) problems.add(problem);
      return;
    }
    const surplus = fields.slice(columns.length);
    if (fields.length < columns.length || surplus.some((field) => field !== '')) {
      if (broken) {
        broken.lastLine = line - 1;
        return;
      }
      problems.add(wrongFieldCount(columns.length, fields.length, recordLine, delimiter));
      return;
    }
    closeBroken();
    const row: Record<string, string> = {};
    for (let i = 0; i < columns.length; i++) row[columns[i]!] = fields[i]!;
    rows.push(row);
    lines.push(recordLine);
  };

  const takeOpenQuote = (slice: string, record: DelimitedRecord, openQuote: number): number => {
    const quoteLine = line + countBreaks(slice, record.start, openQuote, newline);
    if (!columns) {
      throw new ProblemError({
        code: 'csv-unclosed-quote',
        message: `A quote opens in the header (line ${quoteLine}) and does not close.`,
        fix: 'Close the quote, or write a quote inside a name as two quotes.',
        file,
        row: quoteLine,
      });
    }
    openQuoteCount++;
    const lineEnd = slice.indexOf(newline, openQuote);
    line = quoteLine + 1;
    if (broken) broken.lastLine = quoteLine;
    else
      broken = {
        quoteLine,
        lastLine: quoteLine,
        column: columns[fieldIndexAt(slice, record, openQuote, delimiter)],
      };
    return lineEnd < 0 ? slice.length : lineEnd + 1;
  };

  return {
    /** Reads the complete records of a slice; returns the number of characters used up. */
    read: (slice: string, isLast: boolean): number => {
      let used = 0;
      readRecords(slice, syntax, { isLast, columnCount: columns?.length }, (record) => {
        if (record.openQuote !== undefined) {
          used = takeOpenQuote(slice, record, record.openQuote);
          return false;
        }
        used = record.end;
        const recordLine = line;
        line += countBreaks(slice, record.start, record.end, newline);
        takeFields(record.fields, recordLine);
        return true;
      });
      return used;
    },
    hasGivenUp: () => openQuoteCount >= MAX_OPEN_QUOTES,
    finish: (): Omit<TableContent, 'delimiter'> => {
      closeBroken();
      if (openQuoteCount >= MAX_OPEN_QUOTES) {
        problems.add({
          code: 'csv-too-many-open-quotes',
          message: `Reading stopped in line ${line}: ${MAX_OPEN_QUOTES} quotes open and do not close.`,
          fix: 'Save the file again with quotes inside values written as two quotes.',
          row: line,
        });
      }
      if (!syntax.hasQuotes) {
        problems.add({
          code: 'tsv-quotes-as-text',
          message: 'Quotes open in many lines and do not close; they are read as ordinary characters.',
          fix: 'Look at the table; if values keep quotes around them, mend the unclosed ones in the file.',
        });
      }
      return { columns: columns ?? [], rows, lines, problems: problems.list() };
    },
  };
}

function wrongFieldCount(headerCount: number, rowCount: number, row: number, delimiter: string) {
  const character = delimiter === '\t' ? 'tab' : `"${delimiter}"`;
  return {
    code: 'csv-wrong-column-count',
    message: `${headerCount} ${headerCount === 1 ? 'column' : 'columns'} in the header and ${rowCount} in row ${row}; the row is left out.`,
    fix:
      rowCount > headerCount
        ? `If a value contains a ${character}, put the value in double quotes.`
        : `Add the missing ${character} or values.`,
    row,
  };
}

function countBreaks(text: string, start: number, end: number, newline: string): number {
  let count = 0;
  for (let at = text.indexOf(newline, start); at >= 0 && at < end; at = text.indexOf(newline, at + 1))
    count++;
  return count;
}

/** Which field of its record a quote opens: the number of fields complete before it. */
function fieldIndexAt(slice: string, record: DelimitedRecord, position: number, delimiter: string): number {
  let index = 0;
  let isQuoted = false;
  for (let i = record.start; i < position; i++) {
    if (slice[i] === '"') isQuoted = !isQuoted;
    else if (slice[i] === delimiter && !isQuoted) index++;
  }
  return index;
}
