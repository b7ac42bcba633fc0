/** Cross-entropy kernels: one reduction per token forward, one invocation per logit for the gradient. */
import type { ReductionStyle } from '../../runtime.ts';
import { elementKernel, rowKernel, valueFunctions } from '../wgsl.ts';

type Value = 'f32' | 'vec4<f32>';

/** Per row: loss = log Σ exp(logits) - logits[label], and (highest logit, 1/Σ exp(logit - highest)), from which the
 *  gradient makes probabilities without the rounding of a large log-sum; 0 for rows that are not learned.
 *  When smooth, `u.smoothing` of the label's weight is spread evenly over the row. */
export function forwardCode(style: ReductionStyle, value: Value, smooth: boolean): string {
  const label = value === 'f32' ? 'logits[start + wanted]' : 'logits[start + wanted / 4u][wanted % 4u]';
  const count = value === 'f32' ? 'f32(u.columns)' : 'f32(4u * u.columns)';
  const chosen = smooth ? `mix(${label}, logitSum / ${count}, u.smoothing)` : label;
  return rowKernel(
    style,
    {
      writes: { losses: 'f32', sums: 'f32' },
      reads: { logits: value, labels: 'i32' },
      u32: ['rows', 'columns'],
      ...(smooth ? { f32: ['smoothing'] } : {}),
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
${
  smooth
    ? `  var logitSum = 0.0;
  for (var i = lane; i < u.columns; i += LANES) { logitSum += total(logits[start + i]); }
  logitSum = reduceSum(logitSum, lane);`
    : ''
}
  if (lane == 0u) {
    let wanted = u32(label);
    sums[2u * row] = highest;
    sums[2u * row + 1u] = 1.0 / sum;
    losses[row] = highest - ${chosen} + log(sum);
  }`,
    valueFunctions(value),
  );
}

/** dlogits = (softmax - target)·dy for learned rows, else 0; the target is one-hot or, when smooth, spread by `smoothing`. In place when `inPlace`: then dlogits holds the logits. */
export function gradientCode(value: Value, inPlace: boolean, smooth: boolean): string {
  const weight = smooth ? '1.0 - u.smoothing' : '1.0';
  const count = value === 'f32' ? 'f32(u.columns)' : 'f32(4u * u.columns)';
  const subtract =
    value === 'f32'
      ? `if (column == wanted) { d -= ${weight}; }`
      : `if (wanted / 4u == column) { d[wanted % 4u] -= ${weight}; }`;
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
      ...(smooth ? { f32: ['smoothing'] } : {}),
    },
    `let row = i / u.columns;
  let column = i % u.columns;
  let label = labels[row];
  if (label < 0) { dlogits[i] = ${value}(0.0); continue; }
  let wanted = u32(label);
  var d = exp(${source}[i] - sums[2u * row]) * sums[2u * row + 1u];
  ${smooth ? `d -= ${value}(u.smoothing / ${count});` : ''}
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
