/** Relative bias kernels. Forward: one invocation per score. Gradient: one reduction per entry of the table. */
import type { ReductionStyle } from '../../runtime.ts';
import { elementKernel, rowKernel } from '../wgsl.ts';

/** bias[h, p] = table[buckets[p], h] for position pairs p = q·S + s. */
export function forwardCode(): string {
  return elementKernel(
    { writes: { bias: 'f32' }, reads: { table: 'f32', buckets: 'i32' }, u32: ['count', 'pairs', 'heads'] },
    'bias[i] = table[u32(buckets[i % u.pairs]) * u.heads + i / u.pairs];',
  );
}

/** dtable[b, h] = Σ of dbias[h, p] over pairs p of bucket b; a row is one (b, h). */
export function gradientCode(style: ReductionStyle): string {
  return rowKernel(
    style,
    { writes: { dtable: 'f32' }, reads: { dbias: 'f32', buckets: 'i32' }, u32: ['rows', 'pairs', 'heads'] },
    `let bucket = i32(row / u.heads);
  let start = (row % u.heads) * u.pairs;
  var sum = 0.0;
  for (var p = lane; p < u.pairs; p += LANES) { if (buckets[p] == bucket) { sum += dbias[start + p]; } }
  sum = reduceSum(sum, lane);
  if (lane == 0u) { dtable[row] = sum; }`,
  );
}
