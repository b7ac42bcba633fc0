/** Norm kernels: partial sums of squares per block of elements, then their sum and its root. */
import type { ReductionStyle } from '../../runtime.ts';
import { rowKernel, valueFunctions } from '../wgsl.ts';

/** partials[offset + row] = Σ of squares of the row's block of `blockSize` values. */
export function squaresCode(style: ReductionStyle, value: 'f32' | 'vec4<f32>'): string {
  return rowKernel(
    style,
    { writes: { partials: 'f32' }, reads: { x: value }, u32: ['rows', 'count', 'blockSize', 'offset'] },
    `let end = min(u.count, (row + 1u) * u.blockSize);
  var sum = 0.0;
  for (var i = row * u.blockSize + lane; i < end; i += LANES) { let v = x[i]; sum += total(v * v); }
  sum = reduceSum(sum, lane);
  if (lane == 0u) { partials[u.offset + row] = sum; }`,
    valueFunctions(value),
  );
}

/** norm[0] = √(Σ partials), as the only row. */
export function rootCode(style: ReductionStyle): string {
  return rowKernel(
    style,
    { writes: { norm: 'f32' }, reads: { partials: 'f32' }, u32: ['rows', 'columns'] },
    `var sum = 0.0;
  for (var i = lane; i < u.columns; i += LANES) { sum += partials[i]; }
  sum = reduceSum(sum, lane);
  if (lane == 0u) { norm[0] = sqrt(sum); }`,
  );
}
