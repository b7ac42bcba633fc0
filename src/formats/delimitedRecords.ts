import Papa from 'papaparse';

/** One record of a delimited text, positions relative to the text it was read from. */
export interface DelimitedRecord {
  fields: string[];
  start: number;
  /** Position after its line break. */
  end: number;
  /** Position of a quote that opens a field and has no end that makes sense. */
  openQuote?: number;
}

/** How a text is cut into records. */
export interface RecordSyntax {
  delimiter: string;
  newline: '\n' | '\r';
  /** Whether a double quote at the start of a field encloses it; otherwise quotes are ordinary characters. */
  hasQuotes: boolean;
}

/**
 * Reads the complete records of `text` with papaparse and gives each to `take`, which returns whether to go on.
 * With `isLast`, the rest after the last line break counts as a record too. `columnCount` (when known) helps to tell
 * an unclosed quote from a careless one.
 */
export function readRecords(
  text: string,
  syntax: RecordSyntax,
  { isLast, columnCount }: { isLast: boolean; columnCount: number | undefined },
  take: (record: DelimitedRecord) => boolean,
): void {
  const { delimiter, newline, hasQuotes } = syntax;
  let start = 0;
  const parser = new Papa.Parser({
    delimiter,
    newline,
    fastMode: hasQuotes ? undefined : true,
    step: (result: Papa.ParseStepResult<string[][]>) => {
      const fields = result.data[0] ?? [];
      const end = result.meta.cursor;
      // Files with mixed line ends are parsed at \n; the \r before it is part of the line end.
      const last = fields.length - 1;
      if (newline === '\n' && fields[last]?.endsWith('\r') === true) fields[last] = fields[last].slice(0, -1);
      const record: DelimitedRecord = { fields, start, end };
      const openQuote = hasQuotes
        ? findOpenQuote(text, record, result.errors, syntax, columnCount)
        : undefined;
      if (openQuote !== undefined) record.openQuote = openQuote;
      start = end;
      if (!take(record)) parser.abort();
    },
  });
  parser.parse(text, 0, !isLast);
}

function findOpenQuote(
  text: string,
  { fields, start, end }: DelimitedRecord,
  errors: readonly Papa.ParseError[],
  { delimiter, newline }: RecordSyntax,
  columnCount = fields.length,
): number | undefined {
  const missing = errors.find(({ code }) => code === 'MissingQuotes');
  if (missing?.index !== undefined) return missing.index - 1;
  const lineEnd = text.indexOf(newline, start);
  const spansLines = lineEnd >= 0 && lineEnd < end - 1;
  if (!spansLines) return undefined;
  // Many TSV files are written without any quoting; there, tabs inside a quoted text are a sign of the next fields.
  const line = text.slice(start, lineEnd);
  if (delimiter === '\t' && columnCount > 1 && line.split('\t').length === columnCount) {
    const quote = /(?:^|\t)"/.exec(line);
    if (quote && fields.some((field) => field.includes(newline) && field.includes('\t'))) {
      return start + quote.index + quote[0].length - 1;
    }
  }
  const index = errors[0]?.index;
  if (index === undefined) return undefined;
  const raw = text.slice(index, end);
  const isOpen =
    raw.trimEnd().includes(newline) &&
    (fields.length !== columnCount || swallowsRecord(raw, delimiter, newline));
  return isOpen ? index - 1 : undefined;
}

/**
 * Whether a quoted field runs into the next record: a later line holds a quote where only a field can begin.
 * `raw` starts inside the quoted field.
 */
function swallowsRecord(raw: string, delimiter: string, newline: string): boolean {
  let at = raw.indexOf('"', raw.indexOf(newline));
  while (at >= 0) {
    if (raw[at + 1] === '"') at++;
    else if (raw[at - 1] === newline || (raw[at - 1] === delimiter && raw[at - 2] !== '"')) return true;
    at = raw.indexOf('"', at + 1);
  }
  return false;
}
