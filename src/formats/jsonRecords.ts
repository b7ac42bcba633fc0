import { safeColumnName } from './columnNames.ts';
import { flattenConversation } from './conversation.ts';
import type { Row, Table } from './table.ts';

/** Gathers records as they are read; columns are the union of their fields in order of first appearance. */
export interface JsonRecords {
  /** Takes a parsed value; returns why it cannot be a row, or undefined when it was taken. */
  add(value: unknown, line: number): string | undefined;
  /** Rows with every column filled; absent fields are empty. */
  finish(): Pick<Table, 'columns' | 'rows' | 'lines'>;
}

/** An empty gathering. A string becomes a row with the one column `text`. */
export function makeJsonRecords(): JsonRecords {
  const columns = new Set<string>();
  const sparse: Map<string, string>[] = [];
  const lines: number[] = [];
  return {
    add: (value, line) => {
      const record = typeof value === 'string' ? { text: value } : value;
      if (typeof record !== 'object' || record === null)
        return `it is ${describeKind(record)}, not an object`;
      if (Array.isArray(record)) return 'it is a list, not an object';
      const cells = new Map<string, string>();
      for (const [name, field] of Object.entries(flattenConversation(record as Record<string, unknown>))) {
        const column = safeColumnName(name);
        columns.add(column);
        cells.set(column, cellText(field));
      }
      if (cells.size === 0) return 'it has no fields';
      sparse.push(cells);
      lines.push(line);
      return undefined;
    },
    finish: () => {
      const names = [...columns];
      const rows: Row[] = sparse.map((cells) => {
        const row: Record<string, string> = {};
        for (const name of names) row[name] = cells.get(name) ?? '';
        return row;
      });
      return { columns: names, rows, lines };
    },
  };
}

/** A JSON value as the text of a cell: SQuAD's `{text: […]}` is its first text, other nested values are JSON. */
export function cellText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value == null) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const texts = (value as { text?: unknown }).text;
  if (Array.isArray(texts) && texts.every((text) => typeof text === 'string')) return texts[0] ?? '';
  return JSON.stringify(value);
}

function describeKind(value: unknown): string {
  return value === null ? 'null' : `a ${typeof value}`;
}
