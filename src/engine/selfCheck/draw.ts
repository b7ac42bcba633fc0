/** Random sizes and values of the cases. */
import { makePrng } from '../../lib/prng.ts';
import type { OpInput } from './opCase.ts';

export interface Draw {
  /** A whole number from 1 to `most`; small ones often. */
  size(most: number): number;
  /**
   * Like `size`, but in the first draw of an op a multiple of 4, and at least `least`: the widths of real models, and their
   * vector kernels.
   */
  width(most: number, least?: number): number;
  /** Like `size`, but in the first draw of an op 16 or more: the rows of real batches, and the kernels for them. */
  rows(most: number): number;
  floats(shape: readonly number[], scale?: number): OpInput;
  /** Multiples of 1/8 up to 1, whose sums are exact in 32 bits, so that no order of summing crosses a ReLU's kink. */
  eighths(shape: readonly number[]): OpInput;
  /** Whole numbers below `end`. */
  ints(count: number, end: number): Int32Array;
}

/** The `place`-th draw of an op, from 0. */
export function drawFrom(seed: number, place: number): Draw {
  const random = makePrng(seed);
  const size = (most: number): number => 1 + Math.floor(random.next() ** 1.5 * most);
  const fill = (shape: readonly number[], next: () => number): OpInput => ({
    shape,
    values: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, next),
  });
  return {
    size,
    width: (most, least = 4) => (place === 0 ? Math.max(least, 4 * size(Math.ceil(most / 4))) : size(most)),
    rows: (most) => (place === 0 ? 15 + size(most - 15) : size(most)),
    floats: (shape, scale = 1) => fill(shape, () => (2 * random.next() - 1) * scale),
    eighths: (shape) => fill(shape, () => (random.below(17) - 8) / 8),
    ints: (count, end) => Int32Array.from({ length: count }, () => Math.floor(random.next() * end)),
  };
}
