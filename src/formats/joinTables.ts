/** Several files dropped together are one table when they have the same columns. */
import { ProblemError } from '../lib/problem.ts';
import type { Table } from './table.ts';

/** Joins tables with equal column sets in the order given; a single table is returned as it is. Throws ProblemError. */
export function joinTables(tables: readonly Table[]): Table {
  const first = tables[0];
  if (first === undefined) throw new Error('There is no table to join.');
  if (tables.length === 1) return first;
  const wanted = [...first.columns].sort().join('\n');
  for (const table of tables) {
    if ([...table.columns].sort().join('\n') !== wanted) {
      throw new ProblemError({
        code: 'files-differ',
        message: `Its columns (${table.columns.join(', ')}) differ from those of ${first.name} (${first.columns.join(', ')}).`,
        fix: 'Drop files with the same columns together, or one file at a time.',
        file: table.name,
      });
    }
  }
  return {
    ...first,
    name: `${first.name} and ${tables.length - 1} more`,
    rows: tables.flatMap(({ rows }) => rows),
    lines: tables.flatMap(({ lines }) => lines),
    problems: tables.flatMap(({ problems }) => problems),
    byteLength: tables.reduce((sum, { byteLength }) => sum + byteLength, 0),
  };
}
