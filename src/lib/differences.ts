/** How far two lists of numbers lie apart. A NaN or an infinity on either side counts as infinitely far. */

/** The largest difference; Infinity where the lengths differ or a difference is not finite. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const off = Math.abs(a[i]! - b[i]!);
    if (!Number.isFinite(off)) return Infinity;
    largest = Math.max(largest, off);
  }
  return largest;
}

/** The largest of the values without their signs; 0 of none. NaN is passed over. */
export function largestSize(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]!);
    if (size > largest) largest = size;
  }
  return largest;
}

/** The largest difference as a share of the largest wanted value, which counts as at least `least`. */
export function relativeDifference(got: ArrayLike<number>, wanted: ArrayLike<number>, least = 1e-12): number {
  const difference = largestDifference(got, wanted);
  if (difference === 0 || difference === Infinity) return difference;
  return difference / Math.max(largestSize(wanted), least);
}
