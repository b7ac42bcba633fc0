/** Exponential moving average of a curve, corrected for its start as Adam does (arXiv:1412.6980, section 3). */

/**
 * `s[t] = weight · s[t-1] + (1 - weight) · x[t]`, shown as `s[t] / (1 - weight^t)`, so that the first value is itself.
 * `weight` is the share of the past, 0 (no smoothing) up to but not including 1. Values that are not finite leave the
 * average as it was.
 */
export function smoothWithEma(values: readonly number[], weight: number): number[] {
  let sum = 0;
  let correction = 0;
  return values.map((value) => {
    if (Number.isFinite(value)) {
      sum = weight * sum + (1 - weight) * value;
      correction = weight * correction + (1 - weight);
    }
    return correction === 0 ? NaN : sum / correction;
  });
}
