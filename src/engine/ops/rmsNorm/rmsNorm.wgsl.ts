/** RMSNorm kernels: one reduction per row forward and for dx; one invocation per column and slice of rows for
 *  the weight's gradient. */
import type { ReductionStyle } from '../../runtime.ts';
import { elementKernel, rowKernel, valueFunctions } from '../wgsl.ts';

type Value = 'f32' | 'vec4<f32>';

/** y = x·r·weight and r = 1/√(mean(x²) + epsilon) per row. */
export function forwardCode(style: ReductionStyle, value: Value): string {
  return rowKernel(
    style,
    {
      writes: { y: value, rootInverse: 'f32' },
      reads: { x: value, weight: value },
      u32: ['rows', 'columns'],
      f32: ['epsilon', 'perRow'],
    },
    `let start = row * u.columns;
  var squares = 0.0;
  for (var i = lane; i < u.columns; i += LANES) { let v = x[start + i]; squares += total(v * v); }
  let r = inverseSqrt(reduceSum(squares, lane) * u.perRow + u.epsilon);
  if (lane == 0u) { rootInverse[row] = r; }
  for (var i = lane; i < u.columns; i += LANES) { y[start + i] = x[start + i] * r * weight[i]; }`,
    valueFunctions(value),
  );
}

/** dx = r·(dy·weight - x·r²·mean(dy·weight·x)). */
export function inputGradientCode(style: ReductionStyle, value: Value): string {
  return rowKernel(
    style,
    {
      writes: { dx: value },
      reads: { dy: value, x: value, weight: value, rootInverse: 'f32' },
      u32: ['rows', 'columns'],
      f32: ['perRow'],
    },
    `let start = row * u.columns;
  let r = rootInverse[row];
  var products = 0.0;
  for (var i = lane; i < u.columns; i += LANES) { products += total(dy[start + i] * weight[i] * x[start + i]); }
  let c = reduceSum(products, lane) * r * r * u.perRow;
  for (var i = lane; i < u.columns; i += LANES) {
    dx[start + i] = (dy[start + i] * weight[i] - x[start + i] * c) * r;
  }`,
    valueFunctions(value),
  );
}

/** slices[s, column] = Σ of dy·x·r over the rows of slice s; one invocation per slice and column. */
export function weightGradientCode(): string {
  return elementKernel(
    {
      writes: { slices: 'f32' },
      reads: { dy: 'f32', x: 'f32', rootInverse: 'f32' },
      u32: ['count', 'columns', 'rows', 'sliceRows'],
    },
    `let column = i % u.columns;
  let first = i / u.columns * u.sliceRows;
  let end = min(u.rows, first + u.sliceRows);
  var sum = 0.0;
  for (var row = first; row < end; row++) {
    sum += dy[row * u.columns + column] * x[row * u.columns + column] * rootInverse[row];
  }
  slices[i] = sum;`,
  );
}
