import type { Table } from '../formats/table.ts';

/** What a column looks like. `label`: few short values that repeat. `id`: names rows, says nothing about them. */
export type ColumnKind = 'text' | 'label' | 'number' | 'id' | 'date' | 'empty';

/** Figures of one column; empty cells (white space only) count only in `emptyCount`. */
export interface ColumnStats {
  name: string;
  emptyCount: number;
  distinctCount: number;
  medianCharacters: number;
  kind: ColumnKind;
}

const NUMBER = /^[-+]?(?:\d+(?:[.,]\d+)*|\.\d+)(?:[eE][-+]?\d+)?\s*%?$/;
const DATE =
  /^(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:Z|[-+]\d{2}:?\d{2})?)?$/;
const ID_NAME = /(?:^|[\s_.-])(?:id|ids|uuid|guid|idx|index|key|fname|filename|hash|url)$|^unnamed|[a-z]Id$/i;

/** Figures of every column of a table, in column order. */
export function columnStats(table: Pick<Table, 'columns' | 'rows'>): ColumnStats[] {
  return table.columns.map((name) => {
    const values: string[] = [];
    for (const row of table.rows) {
      const value = row[name] ?? '';
      if (value.trim() !== '') values.push(value);
    }
    const distinctCount = new Set(values).size;
    const medianCharacters = median(Uint32Array.from(values, (value) => value.length));
    return {
      name,
      emptyCount: table.rows.length - values.length,
      distinctCount,
      medianCharacters,
      kind: columnKind(name, values, distinctCount, medianCharacters),
    };
  });
}

function columnKind(
  name: string,
  values: readonly string[],
  distinctCount: number,
  medianCharacters: number,
): ColumnKind {
  if (values.length === 0) return 'empty';
  const isAllDifferent = distinctCount >= 0.99 * values.length;
  const isOneWord = share(values, (value) => value.length <= 64 && !/\s/.test(value)) > 0.95;
  if (isOneWord && isAllDifferent && ID_NAME.test(name)) return 'id';
  if (share(values, (value) => DATE.test(value.trim())) > 0.9) return 'date';
  const isRepeating = values.length >= 4 && distinctCount * 2 <= values.length && distinctCount <= 1000;
  const isNumber = share(values, (value) => NUMBER.test(value.trim())) > 0.95;
  if (isNumber) return isRepeating && distinctCount <= 20 ? 'label' : 'number';
  // "train_0", "a3f9…": one word with a digit, never the same twice.
  if (isOneWord && isAllDifferent && values.length >= 4 && share(values, (value) => /\d/.test(value)) > 0.9)
    return 'id';
  if (isRepeating && medianCharacters <= 40) return 'label';
  return 'text';
}

function share(values: readonly string[], test: (value: string) => boolean): number {
  let count = 0;
  for (const value of values) if (test(value)) count++;
  return count / values.length;
}

/** The middle value; the lower of the two for an even count, 0 for none. Sorts in place. */
function median(values: Uint32Array): number {
  values.sort();
  return values[(values.length - 1) >> 1] ?? 0;
}
