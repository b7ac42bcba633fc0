/** What one arm brings over another, measured on the rows both answered. */
import { bootstrapMean } from '../../../eval/bootstrap.ts';
import type { Arm, ComparisonRow } from '../../../eval/comparison.ts';
import { deriveSeed, makePrng } from '../../../lib/prng.ts';

/** Mean ROUGE-L difference of two arms on the same rows, with its 95 % interval; between -1 and 1. */
export interface Difference {
  arm: Arm;
  against: Arm;
  mean: number;
  low: number;
  high: number;
}

/** The questions people ask: does training help, do passages help, do passages help the trained model. */
const pairs: readonly [Arm, Arm][] = [
  ['tuned', 'prompt'],
  ['rag', 'prompt'],
  ['tuned-rag', 'tuned'],
];

/** Paired bootstrap of each pair that has rows. The first pair's numbers are those of `summarise` with the same seed. */
export function pairedDifferences(rows: readonly ComparisonRow[], seed = 0): Difference[] {
  return pairs.flatMap(([arm, against]) => {
    const values = rows.flatMap(({ outputs }) => {
      const after = outputs[arm];
      const before = outputs[against];
      return after === undefined || before === undefined ? [] : [after.rougeL - before.rougeL];
    });
    if (values.length === 0) return [];
    const prng = makePrng(deriveSeed(seed, `${arm} minus ${against}`));
    return [{ arm, against, ...bootstrapMean(values, { prng }) }];
  });
}
