/**
 * What happens to a panel of scores between the products (see panels.ts). Panels are read in vec4; keys that pad a row count as
 * none.
 */
import { dropoutWgsl } from '../dropout/dropoutHash.ts';
import { range } from '../linear/matmulForm.ts';
import type { ReductionStyle } from '../../runtime.ts';
import { elementKernel, rowKernel } from '../wgsl.ts';
import { scoreFunctions, variantReads, type AttentionVariant } from './attentionTerms.wgsl.ts';

/** Uniforms of all panel kernels after the count of their rows or elements. */
export const panelUniforms = {
  u32: [
    'heads',
    'queries',
    'keys',
    'firstBatch',
    'batches',
    'firstHead',
    'panelHeads',
    'firstQuery',
    'panelQueries',
    'salt',
    'threshold',
  ],
  f32: ['scale'],
} as const;

/** Which row of all attention the panel's `row` is, and where it begins in the panel. */
const rowPlace = `let query = u.firstQuery + row % u.panelQueries;
  let pair = row / u.panelQueries;
  let head = u.firstHead + pair % u.panelHeads;
  let batch = u.firstBatch + pair / u.panelHeads;
  let rowAt = (batch * u.heads + head) * u.queries + query;`;

/** Factors of four neighbouring keys of row `rowAt`, from key `4 * vector`. */
function dropoutFactors(vector: string): string {
  const four = range(4).map(
    (j) => `dropoutScale(rowAt * u.keys + 4u * ${vector} + ${j}u, u.salt, u.threshold, u.scale)`,
  );
  return `vec4<f32>(${four.join(', ')})`;
}

/** Products become scores with bias and masks and then probabilities, dropped ones zero; (highest score, 1/Σ) of each row
 *  goes to `sums`. The sum is made along with the maximum (Milakov and Gimelshein, arXiv:1805.02867). */
export function softmaxCode(style: ReductionStyle, variant: AttentionVariant): string {
  const dropped = variant.hasDropout ? ` * ${dropoutFactors('i')}` : '';
  return rowKernel(
    style,
    {
      writes: { panel: 'vec4<f32>', sums: 'vec2<f32>' },
      reads: variantReads(variant),
      u32: ['rows', ...panelUniforms.u32],
      f32: panelUniforms.f32,
    },
    `${rowPlace}
  let vectors = (u.keys + 3u) / 4u;
  let start = row * vectors;
  var highest4 = vec4<f32>(lowest);
  var sum4 = vec4<f32>(0.0);
  for (var i = lane; i < vectors; i += LANES) {
    let isKey = areKeys(4u * i);
    let score = select(
      vec4<f32>(lowest), finishScores(panel[start + i], hiddenKeys(batch, 4u * i), head, query, 4u * i), isKey);
    panel[start + i] = score;
    let higher4 = max(highest4, score);
    sum4 = sum4 * exp(highest4 - higher4) + select(vec4<f32>(0.0), exp(score - higher4), isKey);
    highest4 = higher4;
  }
  let highest = reduceMax(max(max(highest4.x, highest4.y), max(highest4.z, highest4.w)), lane);
  let inverse = 1.0 / reduceSum(dot(sum4, exp(highest4 - highest)), lane);
  if (lane == 0u) { sums[rowAt] = vec2<f32>(highest, inverse); }
  for (var i = lane; i < vectors; i += LANES) {
    panel[start + i] = select(vec4<f32>(0.0), exp(panel[start + i] - highest) * inverse, areKeys(4u * i))${dropped};
  }`,
    scoreFunctions(variant) + dropoutWgsl,
  );
}

/**
 * From query·keyᵀ in `panel` and dcontext·valueᵀ in `gradient`: the dropped probabilities m·p in `panel`, and the gradients of
 * the scores p·(m·(dcontext·valueᵀ) - delta) in `gradient`. `rows` holds (highest, 1/Σ, delta) of each row.
 */
export function scoreGradientsCode(variant: AttentionVariant): string {
  const { hasDropout } = variant;
  return elementKernel(
    {
      writes: { panel: 'vec4<f32>', gradient: 'vec4<f32>' },
      reads: { rows: 'vec4<f32>', ...variantReads(variant) },
      u32: ['count', ...panelUniforms.u32],
      f32: panelUniforms.f32,
    },
    `let vectors = (u.keys + 3u) / 4u;
  let row = i / vectors;
  let vector = i - row * vectors;
  ${rowPlace}
  let stats = rows[rowAt];
  let key = 4u * vector;
  let score = finishScores(panel[i], hiddenKeys(batch, key), head, query, key);
  let p = select(vec4<f32>(0.0), exp(score - stats.x) * stats.y, areKeys(key));
  ${hasDropout ? `let m = ${dropoutFactors('vector')};` : ''}
  panel[i] = p${hasDropout ? ' * m' : ''};
  gradient[i] = p * (gradient[i]${hasDropout ? ' * m' : ''} - stats.z);`,
    scoreFunctions(variant) + dropoutWgsl,
  );
}

/** dbias[head, query, key] += Σ over the panel's sequences, in order, of the gradients of the scores. */
export const biasGradientCode = (): string =>
  elementKernel(
    {
      writes: { dbias: 'f32' },
      reads: { gradient: 'f32' },
      u32: ['count', ...panelUniforms.u32],
      f32: panelUniforms.f32,
    },
    `let key = i % u.keys;
  let row = i / u.keys;
  let width = (u.keys + 3u) / 4u * 4u;
  let size = u.panelHeads * u.panelQueries * width;
  var sum = 0.0;
  for (var batch = 0u; batch < u.batches; batch++) { sum += gradient[batch * size + row * width + key]; }
  let head = u.firstHead + row / u.panelQueries;
  dbias[(head * u.queries + u.firstQuery + row % u.panelQueries) * u.keys + key] += sum;`,
  );
