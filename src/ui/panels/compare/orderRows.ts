/** Which rows to read first: where an arm gained most over the base, where least, or any. */
import type { Arm, ComparisonRow } from '../../../eval/comparison.ts';
import { makePrng, shuffle } from '../../../lib/prng.ts';

export type RowOrder = 'best' | 'worst' | 'random';

/** ROUGE-L of an arm minus that of the base on the same row; undefined where one of them did not answer. */
export function gainOf({ outputs }: ComparisonRow, base: Arm, arm: Arm): number | undefined {
  const before = outputs[base];
  const after = outputs[arm];
  return before === undefined || after === undefined ? undefined : after.rougeL - before.rougeL;
}

/** Rows by gain (the row number breaks ties), or shuffled the same way each time. Rows without both answers go last. */
export function orderRows(
  rows: readonly ComparisonRow[],
  order: RowOrder,
  base: Arm,
  arm: Arm,
): ComparisonRow[] {
  if (order === 'random') {
    const places = shuffle(
      rows.map((_, i) => i),
      makePrng(rows.length),
    );
    return places.map((i) => rows[i]!);
  }
  const direction = order === 'best' ? -1 : 1;
  return [...rows].sort((a, b) => {
    const gainA = gainOf(a, base, arm);
    const gainB = gainOf(b, base, arm);
    if (gainA === undefined || gainB === undefined)
      return Number(gainA === undefined) - Number(gainB === undefined);
    return direction * (gainA - gainB) || a.rowIndex - b.rowIndex;
  });
}
