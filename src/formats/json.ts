import { ProblemError } from '../lib/problem.ts';
import type { Job } from '../lib/progress.ts';
import type { TableContent } from './delimited.ts';
import { JsonFault, placeAt, skipBalanced, skipSpace, skipValue, type TextPlace } from './jsonFault.ts';
import { makeJsonRecords } from './jsonRecords.ts';
import { makePace } from './pace.ts';
import { makeProblemList } from './problemList.ts';

const LIST_NAMES = ['data', 'rows', 'examples', 'items', 'records', 'train'];

/**
 * Reads a JSON file: a list of objects, an object with one such list (`{"data": […]}`), or an object of columns
 * (`{"text": […], "label": […]}` or pandas' `{"text": {"0": …}}`). `lines` are 1-based item numbers.
 * Items that are no JSON are left out and listed; when the text breaks off, the items before the break are kept.
 * Throws ProblemError when no list of rows can be found.
 */
export async function readJson(
  text: string,
  options: { file: string; byteLength: number },
  job?: Job,
): Promise<TableContent> {
  const start = skipSpace(text, 0);
  if (text[start] === '[') return readItems(text, start, options, job);
  if (text[start] !== '{') {
    throw new ProblemError({
      code: 'json-no-rows',
      message: `The file begins with ${text.slice(start, start + 20).trim()}, which is neither a JSON list nor a JSON object.`,
      fix: 'Store the rows as a list of objects: [{"input": "…", "target": "…"}, …].',
      file: options.file,
    });
  }
  // A cut-off `{"data": [ …` still has its whole items.
  const wrapped = /\{\s*"([^"\\]*)"\s*:\s*(?=\[\s*\{)/y;
  wrapped.lastIndex = start;
  const listStart = wrapped.test(text) ? wrapped.lastIndex : -1;
  try {
    const rest = skipSpace(text, skipValue(text, start, 'the object'));
    if (rest < text.length)
      throw new JsonFault('more text follows the end of the object', rest, false, 'the file');
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    if (listStart >= 0) return readItems(text, listStart, options, job);
    throw faultError(text, error, options.file);
  }
  return readObject(JSON.parse(text) as Record<string, unknown>, options, job);
}

async function readItems(
  text: string,
  listStart: number,
  { file, byteLength }: { file: string; byteLength: number },
  job: Job | undefined,
): Promise<TableContent> {
  const records = makeJsonRecords();
  const problems = makeProblemList(file);
  const pace = makePace(job, 'Reading', 'bytes', byteLength);
  let item = 1;
  let i = skipSpace(text, listStart + 1);
  let place = placeAt(text, i);
  while (text[i] !== ']') {
    const start = i;
    try {
      i = skipValue(text, i, `item ${item}`);
      const reason = records.add(JSON.parse(text.slice(start, i)), item);
      if (reason !== undefined) {
        problems.add({
          code: 'json-item-not-an-object',
          message: `Item ${item} (line ${place.line}) is left out: ${reason}.`,
          fix: 'Every item is an object of column names and values.',
          row: item,
        });
      }
      i = skipSpace(text, i);
      if (text[i] !== ',' && text[i] !== ']') {
        const isCutOff = text[i] === undefined;
        const reason = isCutOff ? 'the text ends' : `"," or "]" was expected, and "${text[i]}" found`;
        throw new JsonFault(reason, i, isCutOff, `what follows item ${item}`);
      }
    } catch (error) {
      if (!(error instanceof JsonFault)) throw error;
      const end = error.isCutOff ? -1 : skipBalanced(text, start);
      const next = end < 0 ? -1 : skipSpace(text, end);
      const canGoOn = next > error.index && (text[next] === ',' || text[next] === ']');
      problems.add(itemProblem(placeAt(text, error.index, place), error, item, canGoOn));
      if (!canGoOn) break;
      i = next;
    }
    if (text[i] === ']') break;
    i = skipSpace(text, i + 1);
    place = placeAt(text, i, place);
    item++;
    if (item % 64 === 0 && pace.isDue()) await pace.pause(Math.round((i / text.length) * byteLength));
  }
  pace.finish(byteLength);
  return { ...records.finish(), problems: problems.list() };
}

async function readObject(
  value: Readonly<Record<string, unknown>>,
  { file, byteLength }: { file: string; byteLength: number },
  job: Job | undefined,
): Promise<TableContent> {
  const items = findList(value) ?? readColumns(value, file);
  if (!items) {
    const names = Object.keys(value).slice(0, 5).join(', ');
    throw new ProblemError({
      code: 'json-no-rows',
      message: `The JSON holds one object (${names}) and no list of rows.`,
      fix: 'Store the rows as a list of objects: [{"input": "…", "target": "…"}, …].',
      file,
    });
  }
  const records = makeJsonRecords();
  const problems = makeProblemList(file);
  const pace = makePace(job, 'Reading', 'rows', items.length);
  for (const [index, item] of items.entries()) {
    const reason = records.add(item, index + 1);
    if (reason !== undefined) {
      problems.add({
        code: 'json-item-not-an-object',
        message: `Item ${index + 1} is left out: ${reason}.`,
        fix: 'Every item is an object of column names and values.',
        row: index + 1,
      });
    }
    if (index % 64 === 0 && pace.isDue()) await pace.pause(index);
  }
  pace.finish(byteLength);
  return { ...records.finish(), problems: problems.list() };
}

/** The one list of objects among the fields; with several, the one with a usual name. */
function findList(value: Readonly<Record<string, unknown>>): readonly unknown[] | undefined {
  const lists = Object.entries(value).filter(
    (entry): entry is [string, unknown[]] => Array.isArray(entry[1]) && isRecord(entry[1][0]),
  );
  const named = LIST_NAMES.map((name) => lists.find(([key]) => key === name)).find(
    (list) => list !== undefined,
  );
  return (named ?? (lists.length === 1 ? lists[0] : undefined))?.[1];
}

/** Columns (lists, or objects by row key) turned into records; undefined when the fields are no columns. */
function readColumns(value: Readonly<Record<string, unknown>>, file: string): unknown[] | undefined {
  const columns = Object.entries(value);
  const isColumns =
    columns.every(([, cells]) => Array.isArray(cells)) || columns.every(([, cells]) => isRecord(cells));
  if (columns.length === 0 || !isColumns) return undefined;
  const keys = Object.keys(columns[0]![1] as object);
  for (const [name, cells] of columns) {
    const count = Object.keys(cells as object).length;
    if (count === keys.length) continue;
    throw new ProblemError({
      code: 'json-uneven-columns',
      message: `Column "${columns[0]![0]}" has ${keys.length} values and column "${name}" has ${count}.`,
      fix: 'Give every column one value for each row; an empty one as "".',
      file,
      column: name,
    });
  }
  return keys.map((key) =>
    Object.fromEntries(columns.map(([name, cells]) => [name, (cells as Record<string, unknown>)[key]])),
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function itemProblem(place: TextPlace, fault: JsonFault, item: number, canGoOn: boolean) {
  const where = `line ${place.line}, column ${place.index - place.lineStart + 1}, while reading ${fault.reading} (item ${item})`;
  const kept = `The ${item - 1} ${item === 2 ? 'item' : 'items'} before it ${item === 2 ? 'is' : 'are'} read.`;
  if (canGoOn) {
    return {
      code: 'json-bad-item',
      message: `Item ${item} is left out. In ${where}: ${fault.message}.`,
      fix: 'Mend the item in the file.',
      row: item,
    };
  }
  return {
    code: 'json-breaks-off',
    message: `The JSON breaks off in ${where}: ${fault.message}. ${kept}`,
    fix: 'Fetch or save the file again if rows are missing.',
    row: item,
  };
}

function faultError(text: string, fault: JsonFault, file: string): ProblemError {
  const { line, lineStart } = placeAt(text, fault.index);
  const column = fault.index - lineStart + 1;
  return new ProblemError({
    code: fault.isCutOff ? 'json-breaks-off' : 'json-bad-text',
    message: `The JSON breaks ${fault.isCutOff ? 'off ' : ''}in line ${line}, column ${column}, while reading ${fault.reading}: ${fault.message}.`,
    fix: fault.isCutOff ? 'Fetch or save the file again.' : 'Mend that place in the file.',
    file,
    row: line,
  });
}
