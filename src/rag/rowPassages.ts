/** Training rows as passages, so that a question can be answered by examples like it. */
import type { Passage } from './passage.ts';

/** A row's texts without the template around them. */
export interface RowTexts {
  /** Index of the row in its table (0-based). */
  rowIndex: number;
  input: string;
  target: string;
}

/** Longer inputs are cut, so that several rows fit before a question. */
const MOST_INPUT_WORDS = 120;

/** One passage per row, `input → target`. `source` is the name of the table. */
export function rowPassages(rows: readonly RowTexts[], source: string): Passage[] {
  return rows.map(({ rowIndex, input, target }) => ({
    source,
    heading: '',
    text: `${firstWords(input, MOST_INPUT_WORDS)} → ${target.trim()}`,
    rowIndex,
  }));
}

function firstWords(text: string, limit: number): string {
  const trimmed = text.trim();
  let count = 0;
  for (const match of trimmed.matchAll(/\S+/g)) {
    if (++count > limit) return `${trimmed.slice(0, match.index).trimEnd()} …`;
  }
  return trimmed;
}
