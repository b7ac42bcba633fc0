import type { Problem } from '../lib/problem.ts';

/** One record of a file: column name → text. A field that is absent in the file is the empty string. */
export type Row = Readonly<Record<string, string>>;

/** Rows as read from one file. Reading never throws for content: what could not be used is listed in `problems`. */
export interface Table {
  /** File name as the person knows it. */
  name: string;
  format: 'csv' | 'tsv' | 'json' | 'jsonl';
  columns: readonly string[];
  rows: readonly Row[];
  /** 1-based line in the file where each row starts (for JSON arrays: the 1-based item number); same length as `rows`. */
  lines: readonly number[];
  /** Rows left out and oddities met, in file order. */
  problems: readonly Problem[];
  /** Encoding found, e.g. `UTF-8`, `UTF-16LE`, `windows-1252`. */
  encoding: string;
  /** Whether a byte-order mark was removed. */
  hadByteOrderMark: boolean;
  /** Field separator for csv/tsv. */
  delimiter?: string;
  /** Size of the file in bytes. */
  byteLength: number;
}
