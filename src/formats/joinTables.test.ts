import { describe, expect, it } from 'vitest';
import { ProblemError } from '../lib/problem.ts';
import { joinTables } from './joinTables.ts';
import type { Table } from './table.ts';

const table = (name: string, columns: string[], rowCount: number): Table => ({
  name,
  format: 'csv',
  columns,
  rows: Array.from({ length: rowCount }, (_, i) =>
    Object.fromEntries(columns.map((column) => [column, `${name} ${i}`])),
  ),
  lines: Array.from({ length: rowCount }, (_, i) => i + 2),
  problems: [],
  encoding: 'UTF-8',
  hadByteOrderMark: false,
  byteLength: 10 * rowCount,
});

describe('joining dropped files', () => {
  it('appends rows of files with the same columns in any order', () => {
    const joined = joinTables([table('a.csv', ['x', 'y'], 2), table('b.csv', ['y', 'x'], 3)]);
    expect(joined.rows).toHaveLength(5);
    expect(joined.name).toBe('a.csv and 1 more');
    expect(joined.byteLength).toBe(50);
    expect(joined.rows[4]).toEqual({ x: 'b.csv 2', y: 'b.csv 2' });
  });

  it('names the file whose columns differ', () => {
    const join = () => joinTables([table('a.csv', ['x'], 1), table('b.csv', ['z'], 1)]);
    expect(join).toThrow(ProblemError);
    expect(join).toThrow(/b\.csv.*\(z\).*\(x\)/);
  });
});
