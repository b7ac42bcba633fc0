/** The row kernels between attention's matrix products. A row is one (batch, head, query), its columns are the keys. */
import type { ReductionStyle } from '../../runtime.ts';
import { dropoutWgsl } from '../dropout/dropoutHash.ts';
import { rowKernel, type WgslType } from '../wgsl.ts';

/** What the softmax kernel reads besides the scores. */
export interface SoftmaxVariant {
  hasBias: boolean;
  /** Number type of the key mask, if there is one. */
  mask: 'f32' | 'i32' | null;
  causal: boolean;
}

/** `scores` become probabilities in place: softmax over keys of score + bias, masked scores being float32's lowest. */
export function softmaxCode(style: ReductionStyle, { hasBias, mask, causal }: SoftmaxVariant): string {
  const reads: Record<string, WgslType> = {};
  if (hasBias) reads['bias'] = 'f32';
  if (mask !== null) reads['mask'] = mask;
  const hidden = [
    ...(mask === null ? [] : [`mask[maskStart + i] == ${mask}(0)`]),
    ...(causal ? ['i + u.queries > u.columns + query'] : []),
  ];
  return rowKernel(
    style,
    { writes: { scores: 'f32' }, reads, u32: ['rows', 'columns', 'queries', 'heads'] },
    `let start = row * u.columns;
  let query = row % u.queries;
  let biasStart = (row % (u.heads * u.queries)) * u.columns;
  let maskStart = row / (u.heads * u.queries) * u.columns;
  var highest = lowest;
  for (var i = lane; i < u.columns; i += LANES) {
    var score = scores[start + i]${hasBias ? ' + bias[biasStart + i]' : ''};
    ${hidden.length === 0 ? '' : `if (${hidden.join(' || ')}) { score = lowest; }`}
    scores[start + i] = score;
    highest = max(highest, score);
  }
  highest = reduceMax(highest, lane);
  var sum = 0.0;
  for (var i = lane; i < u.columns; i += LANES) {
    let e = exp(scores[start + i] - highest);
    scores[start + i] = e;
    sum += e;
  }
  let inverse = 1.0 / reduceSum(sum, lane);
  for (var i = lane; i < u.columns; i += LANES) { scores[start + i] *= inverse; }`,
    'const lowest = -3.4028234663852886e38;\n',
  );
}

/** `dscores` hold the gradient of the dropped probabilities and become that of the scores, in place:
 *  g = mask·d, then p·(g - Σ g·p). */
export function softmaxGradientCode(style: ReductionStyle, hasDropout: boolean): string {
  const incoming = hasDropout
    ? 'dscores[start + i] * dropoutScale(start + i, u.salt, u.threshold, u.scale)'
    : 'dscores[start + i]';
  return rowKernel(
    style,
    {
      writes: { dscores: 'f32' },
      reads: { probabilities: 'f32' },
      u32: ['rows', 'columns', 'salt', 'threshold'],
      f32: ['scale'],
    },
    `let start = row * u.columns;
  var sum = 0.0;
  for (var i = lane; i < u.columns; i += LANES) {
    let g = ${incoming};
    dscores[start + i] = g;
    sum += g * probabilities[start + i];
  }
  sum = reduceSum(sum, lane);
  for (var i = lane; i < u.columns; i += LANES) {
    dscores[start + i] = probabilities[start + i] * (dscores[start + i] - sum);
  }`,
    dropoutWgsl,
  );
}
