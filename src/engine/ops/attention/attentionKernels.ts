/** Attention on WebGPU: matrix products that read heads strided, and softmax in place over the scores. */
import type * as tf from '@tensorflow/tfjs';
import { allocate, reductionStyle, runKernel } from '../../runtime.ts';
import { maskOnGpu } from '../dropout/dropout.ts';
import { dropoutConstants } from '../dropout/dropoutHash.ts';
import { runMatmul, type MatrixView } from '../linear/matmul.ts';
import { sumSlices } from '../sumSlices.ts';
import { rowWorkgroups } from '../wgsl.ts';
import type { AttentionInputs, AttentionOptions } from './attention.ts';
import { softmaxCode, softmaxGradientCode } from './attention.wgsl.ts';

/** The gradients of one attention; the bias's is computed when asked for. */
export interface AttentionGradients {
  dquery: tf.Tensor2D;
  dkey: tf.Tensor2D;
  dvalue: tf.Tensor2D;
  dbias: () => tf.Tensor4D;
}

/** A [B*length, H*K] tensor seen as B·H matrices [length, K]. */
function headsOf(tensor: tf.Tensor2D, length: number, heads: number): MatrixView {
  const width = tensor.shape[1];
  return { tensor, rowStride: width, outerStride: length * width, innerStride: width / heads };
}

/** A [B,H,Q,S] tensor seen as B·H matrices [Q,S]. */
function scoresOf(tensor: tf.Tensor, { heads, queryLength, keyLength }: AttentionOptions): MatrixView {
  const size = queryLength * keyLength;
  return { tensor, rowStride: keyLength, outerStride: heads * size, innerStride: size };
}

/** Context [B*Q, H*K] and the probabilities before dropout [B,H,Q,S]. */
export function attentionForward(
  { query, key, value }: AttentionInputs,
  options: AttentionOptions,
): { context: tf.Tensor2D; probabilities: tf.Tensor4D } {
  const { batch, heads, queryLength, keyLength, dropoutRate, seed } = options;
  const width = query.shape[1];
  const shared = { outer: batch, inner: heads };
  const probabilities = allocate<tf.Rank.R4>([batch, heads, queryLength, keyLength]);
  runMatmul({
    ...shared,
    form: 'NT',
    rows: queryLength,
    columns: keyLength,
    depth: width / heads,
    a: headsOf(query, queryLength, heads),
    b: headsOf(key, keyLength, heads),
    c: scoresOf(probabilities, options),
  });
  softmaxInPlace(probabilities, options);
  const dropped = dropoutRate > 0 ? maskOnGpu(probabilities, dropoutRate, seed) : probabilities;
  const context = allocate<tf.Rank.R2>([batch * queryLength, width]);
  runMatmul({
    ...shared,
    form: 'NN',
    rows: queryLength,
    columns: width / heads,
    depth: keyLength,
    a: scoresOf(dropped, options),
    b: headsOf(value, keyLength, heads),
    c: headsOf(context, queryLength, heads),
  });
  if (dropped !== probabilities) dropped.dispose();
  return { context, probabilities };
}

function softmaxInPlace(scores: tf.Tensor4D, options: AttentionOptions): void {
  const { batch, heads, queryLength, keyLength, bias, keyMask, causal } = options;
  const style = reductionStyle();
  const mask = keyMask === null ? null : keyMask.dtype === 'int32' ? 'i32' : 'f32';
  const variant = { hasBias: bias !== null, mask, causal } as const;
  const rows = batch * heads * queryLength;
  runKernel({
    key: `attention softmax ${style} ${Object.values(variant).join(' ')}`,
    code: () => softmaxCode(style, variant),
    writes: [scores],
    reads: [bias, keyMask].filter((tensor) => tensor !== null),
    uniforms: { u32: [rows, keyLength, queryLength, heads] },
    workgroups: rowWorkgroups(style, rows),
  });
}

/** Gradients from that of the context and the saved [query, key, value, probabilities]. */
export function attentionGradient(
  dcontext: tf.Tensor2D,
  saved: readonly tf.Tensor[],
  options: AttentionOptions,
): AttentionGradients {
  const [query, key, value, probabilities] = saved as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor4D];
  const { batch, heads, queryLength, keyLength, dropoutRate, seed } = options;
  const headSize = query.shape[1] / heads;
  const shared = { outer: batch, inner: heads };
  const dcontextHeads = headsOf(dcontext, queryLength, heads);

  const dropped = dropoutRate > 0 ? maskOnGpu(probabilities, dropoutRate, seed) : probabilities;
  const dvalue = allocate<tf.Rank.R2>(value.shape);
  runMatmul({
    ...shared,
    form: 'TN',
    rows: keyLength,
    columns: headSize,
    depth: queryLength,
    a: scoresOf(dropped, options),
    b: dcontextHeads,
    c: headsOf(dvalue, keyLength, heads),
  });
  if (dropped !== probabilities) dropped.dispose();

  const dscores = allocate<tf.Rank.R4>(probabilities.shape);
  runMatmul({
    ...shared,
    form: 'NT',
    rows: queryLength,
    columns: keyLength,
    depth: headSize,
    a: dcontextHeads,
    b: headsOf(value, keyLength, heads),
    c: scoresOf(dscores, options),
  });
  softmaxGradientInPlace(dscores, probabilities, options);

  const dquery = allocate<tf.Rank.R2>(query.shape);
  runMatmul({
    ...shared,
    form: 'NN',
    rows: queryLength,
    columns: headSize,
    depth: keyLength,
    a: scoresOf(dscores, options),
    b: headsOf(key, keyLength, heads),
    c: headsOf(dquery, queryLength, heads),
  });
  const dkey = allocate<tf.Rank.R2>(key.shape);
  runMatmul({
    ...shared,
    form: 'TN',
    rows: keyLength,
    columns: headSize,
    depth: queryLength,
    a: scoresOf(dscores, options),
    b: headsOf(query, queryLength, heads),
    c: headsOf(dkey, keyLength, heads),
  });
  return { dquery, dkey, dvalue, dbias: () => biasGradient(dscores) };
}

function softmaxGradientInPlace(
  dscores: tf.Tensor4D,
  probabilities: tf.Tensor4D,
  { batch, heads, queryLength, keyLength, dropoutRate, seed }: AttentionOptions,
): void {
  const style = reductionStyle();
  const { salt, threshold, scale } = dropoutConstants(dropoutRate, seed);
  const hasDropout = dropoutRate > 0;
  const rows = batch * heads * queryLength;
  runKernel({
    key: `attention softmax gradient ${style} ${hasDropout}`,
    code: () => softmaxGradientCode(style, hasDropout),
    writes: [dscores],
    reads: [probabilities],
    uniforms: { u32: [rows, keyLength, hasDropout ? salt : 0, threshold], f32: [scale] },
    workgroups: rowWorkgroups(style, rows),
  });
}

function biasGradient(dscores: tf.Tensor4D): tf.Tensor4D {
  const [, heads, queryLength, keyLength] = dscores.shape;
  const dbias = allocate<tf.Rank.R4>([1, heads, queryLength, keyLength]);
  sumSlices(dscores, dbias);
  return dbias;
}
