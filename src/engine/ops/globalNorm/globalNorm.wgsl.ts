/** Norm kernels: partial sums of squares per block of elements, then their sum and its root. */
import type { ReductionStyle } from '../../runtime.ts';
import { rowKernel, valueFunctions } from '../wgsl.ts';

/** Rows that share their blocks, each taking every so-many-th value: the invocations that SwiftShader runs together. */
export function sharedRows(style: ReductionStyle): number {
  return style === 'invocation' ? 4 : 1;
}

/** partials[offset + row] = Σ of squares of the row's `blockSize` values. */
export function squaresCode(style: ReductionStyle, value: 'f32' | 'vec4<f32>'): string {
  const shared = sharedRows(style);
  return rowKernel(
    style,
    { writes: { partials: 'f32' }, reads: { x: value }, u32: ['rows', 'count', 'blockSize', 'offset'] },
    `let start = row / ${shared}u * ${shared}u * u.blockSize;
  let end = min(u.count, start + ${shared}u * u.blockSize);
  var sums = ${value}(0.0);
  for (var i = start + row % ${shared}u + ${shared}u * lane; i < end; i += ${shared}u * LANES) {
    let v = x[i];
    sums += v * v;
  }
  let sum = reduceSum(total(sums), lane);
  if (lane == 0u) { partials[u.offset + row] = sum; }`,
    valueFunctions(value),
  );
}

/** Partial sums that are added first, so that one invocation too can add ten thousands without losing digits. */
const runLength = 128;

/** norm[0] = √(Σ partials), as the only row. */
export function rootCode(style: ReductionStyle): string {
  return rowKernel(
    style,
    { writes: { norm: 'f32' }, reads: { partials: 'f32' }, u32: ['rows', 'columns'] },
    `var sum = 0.0;
  for (var first = lane; first < u.columns; first += ${runLength}u * LANES) {
    var run = 0.0;
    for (var i = first; i < min(u.columns, first + ${runLength}u * LANES); i += LANES) { run += partials[i]; }
    sum += run;
  }
  sum = reduceSum(sum, lane);
  if (lane == 0u) { norm[0] = sqrt(sum); }`,
  );
}
