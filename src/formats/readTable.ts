import type { Problem } from '../lib/problem.ts';
import type { Job } from '../lib/progress.ts';
import { type DecodedText, decodeText } from './decodeText.ts';
import { type TableContent, readDelimited } from './delimited.ts';
import { guessDelimiter } from './guessDelimiter.ts';
import { readJson } from './json.ts';
import { skipSpace, skipValue } from './jsonFault.ts';
import { readJsonl } from './jsonl.ts';
import { makeJsonRecords } from './jsonRecords.ts';
import type { Table } from './table.ts';

/**
 * Reads a table from a file's bytes: CSV, TSV, JSON, JSON Lines or plain text (one row a line, column `text`).
 * The content decides where name and content disagree. Progress counts bytes; cancelling throws the signal's reason.
 * Throws ProblemError when there is no table to read; what is wrong with single rows is listed in `problems`.
 */
export async function readTable(name: string, bytes: Uint8Array, job?: Job): Promise<Table> {
  const decoded = decodeText(bytes, name);
  const { text } = decoded;
  const format = recogniseFormat(name, text);
  const content = await readAs(format, text, { file: name, byteLength: bytes.length }, job);
  const problems = [...encodingProblems(decoded, name), ...content.problems];
  if (content.rows.length === 0) {
    problems.push({
      code: 'no-rows',
      message: 'The file has no row that can be used.',
      fix:
        content.problems.length > 0
          ? 'Mend what is listed and load it again.'
          : 'Add rows below the header and load it again.',
      file: name,
    });
  }
  return {
    name,
    format: format === 'text' ? 'csv' : format,
    ...content,
    problems,
    encoding: decoded.encoding,
    hadByteOrderMark: decoded.hadByteOrderMark,
    byteLength: bytes.length,
  };
}

type TextFormat = Table['format'] | 'text';

function readAs(
  format: TextFormat,
  text: string,
  options: { file: string; byteLength: number },
  job: Job | undefined,
): Promise<TableContent> {
  switch (format) {
    case 'csv':
      return readDelimited(text, options, job);
    case 'tsv':
      return readDelimited(text, { ...options, delimiter: '\t' }, job);
    case 'json':
      return readJson(text, options, job);
    case 'jsonl':
      return readJsonl(text, options, job);
    case 'text':
      return Promise.resolve(readLines(text));
    default:
      return format satisfies never;
  }
}

/** JSON by how it begins, whatever the name; else by extension; plain text only when no separator fits. */
function recogniseFormat(name: string, text: string): TextFormat {
  const extension = /\.([^.]+)$/.exec(name.toLowerCase())?.[1] ?? '';
  const isJsonName = ['json', 'jsonl', 'ndjson'].includes(extension);
  if (isJsonName ? /^\s*\[/.test(text) : /^\s*\[\s*[[{"\]]/.test(text)) return 'json';
  if (isJsonName || /^\s*\{\s*["}]/.test(text)) return recogniseObjects(extension, text);
  const guess = guessDelimiter(text, text.includes('\n') ? '\n' : '\r');
  if (extension === 'csv') return guess.delimiter === '\t' && guess.columnCount > 1 ? 'tsv' : 'csv';
  if (extension === 'tsv' || extension === 'tab')
    return guess.delimiter === '\t' || guess.columnCount < 2 ? 'tsv' : 'csv';
  // Prose has commas too: without a telling name, every sampled line must have the same number of fields.
  if (guess.columnCount > 1 && guess.fit === 1) return guess.delimiter === '\t' ? 'tsv' : 'csv';
  return 'text';
}

/** One object over the whole file, or one object a line? */
function recogniseObjects(extension: string, text: string): 'json' | 'jsonl' {
  const start = skipSpace(text, 0);
  const lineEnd = text.indexOf('\n', start);
  const firstLine = (lineEnd < 0 ? text.slice(start) : text.slice(start, lineEnd)).trim();
  if (lineEnd >= 0 && text[skipSpace(text, lineEnd)] === '{' && isJson(firstLine)) return 'jsonl';
  if (extension === 'json') return 'json';
  // A first line may be broken in JSON Lines, yet it is never just the opening bracket.
  if (extension === 'jsonl' || extension === 'ndjson') return firstLine === '{' ? 'json' : 'jsonl';
  return isJson(firstLine) ? 'jsonl' : 'json';
}

function isJson(source: string): boolean {
  try {
    return skipSpace(source, skipValue(source, 0)) === source.length;
  } catch {
    return false;
  }
}

function readLines(text: string): TableContent {
  const records = makeJsonRecords();
  for (const [index, line] of text.split(/\r\n|\n|\r/).entries())
    if (line.trim() !== '') records.add(line, index + 1);
  return { ...records.finish(), problems: [] };
}

function encodingProblems({ encoding, isGuess, replacedCount }: DecodedText, file: string): Problem[] {
  const problems: Problem[] = [];
  if (isGuess) {
    problems.push({
      code: 'encoding-guessed',
      message: `The file does not say its encoding and is not UTF-8; it was read as ${encoding}.`,
      fix: 'Look at accented letters in the table; if they are wrong, save the file as UTF-8.',
      file,
    });
  }
  if (replacedCount > 0) {
    problems.push({
      code: 'encoding-damaged',
      message: `${replacedCount} ${replacedCount === 1 ? 'character is' : 'characters are'} damaged (not valid ${encoding}) and shown as \ufffd.`,
      fix: 'Save the file as UTF-8 from its source if those characters matter.',
      file,
    });
  }
  return problems;
}
