/** How far a mean could be off, by drawing the same number of rows again and again with replacement. */
import type { Prng } from '../lib/prng.ts';

export interface BootstrapOptions {
  prng: Prng;
  /** How many times the rows are drawn again. Default 2000. */
  resampleCount?: number;
  /** Share of the resampled means that lie inside. Default 0.95. */
  level?: number;
}

export interface Interval {
  mean: number;
  low: number;
  high: number;
}

/**
 * Percentile bootstrap interval of the mean of `values`. Given one difference per row it is the paired bootstrap.
 * Throws RangeError when there are no values. Reference: Efron and Tibshirani (1993), chapter 13.
 */
export function bootstrapMean(
  values: ArrayLike<number>,
  { prng, resampleCount = 2000, level = 0.95 }: BootstrapOptions,
): Interval {
  const count = values.length;
  if (count === 0) throw new RangeError('bootstrapMean needs at least one value');
  const means = new Float64Array(resampleCount);
  for (let r = 0; r < resampleCount; r++) {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += values[prng.below(count)]!;
    means[r] = sum / count;
  }
  means.sort();
  let total = 0;
  for (let i = 0; i < count; i++) total += values[i]!;
  return {
    mean: total / count,
    low: quantile(means, (1 - level) / 2),
    high: quantile(means, (1 + level) / 2),
  };
}

/** Quantile of sorted values, linear between neighbours. */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below]!;
  return low + ((sorted[below + 1] ?? low) - low) * (place - below);
}
