/** Cross-entropy kernels: one reduction per token forward, one invocation per logit for the gradient. */
import type { ReductionStyle } from '../../runtime.ts';
import { elementKernel, rowKernel, valueFunctions } from '../wgsl.ts';

type Value = 'f32' | 'vec4<f32>';

/** Per row: loss = log Σ exp(logits) - logits[label], and (highest logit, 1/Σ exp(logit - highest)), from which the
 *  gradient makes probabilities without the rounding of a large log-sum; 0 for rows that are not learned. */
export function forwardCode(style: ReductionStyle, value: Value): string {
  const chosen = value === 'f32' ? 'logits[start + wanted]' : 'logits[start + wanted / 4u][wanted % 4u]';
  return rowKernel(
    style,
    {
      writes: { losses: 'f32', sums: 'f32' },
      reads: { logits: value, labels: 'i32' },
      u32: ['rows', 'columns'],
    },
    `let label = labels[row];
  if (label < 0) {
    if (lane == 0u) { losses[row] = 0.0; sums[2u * row] = 0.0; sums[2u * row + 1u] = 0.0; }
    return;
  }
  let start = row * u.columns;
  var highest = -3.4028234663852886e38;
  for (var i = lane; i < u.columns; i += LANES) { highest = max(highest, largest(logits[start + i])); }
  highest = reduceMax(highest, lane);
  var sum = 0.0;
  for (var i = lane; i < u.columns; i += LANES) { sum += total(exp(logits[start + i] - highest)); }
  sum = reduceSum(sum, lane);
  if (lane == 0u) {
    let wanted = u32(label);
    sums[2u * row] = highest;
    sums[2u * row + 1u] = 1.0 / sum;
    losses[row] = highest - ${chosen} + log(sum);
  }`,
    valueFunctions(value),
  );
}

/** dlogits = (softmax - onehot)·dy for learned rows, else 0. In place when `inPlace`: then dlogits holds the logits. */
export function gradientCode(value: Value, inPlace: boolean): string {
  const subtract =
    value === 'f32'
      ? 'if (column == wanted) { d -= 1.0; }'
      : 'if (wanted / 4u == column) { d[wanted % 4u] -= 1.0; }';
  const source = inPlace ? 'dlogits' : 'logits';
  return elementKernel(
    {
      writes: { dlogits: value },
      reads: {
        ...(inPlace ? {} : { logits: value }),
        labels: 'i32',
        sums: 'f32',
        dy: 'f32',
      },
      u32: ['count', 'columns'],
    },
    `let row = i / u.columns;
  let column = i % u.columns;
  let label = labels[row];
  if (label < 0) { dlogits[i] = ${value}(0.0); return; }
  let wanted = u32(label);
  var d = exp(${source}[i] - sums[2u * row]) * sums[2u * row + 1u];
  ${subtract}
  dlogits[i] = d * dy[0];`,
  );
}

/** total[0] = Σ values, as the only row. */
export function sumCode(style: ReductionStyle): string {
  return rowKernel(
    style,
    { writes: { sum: 'f32' }, reads: { values: 'f32' }, u32: ['rows', 'columns'] },
    `var s = 0.0;
  for (var i = lane; i < u.columns; i += LANES) { s += values[i]; }
  s = reduceSum(s, lane);
  if (lane == 0u) { sum[0] = s; }`,
  );
}
