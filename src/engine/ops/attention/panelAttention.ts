/**
 * Attention on WebGPU through panels of scores of bounded size (panels.ts): products of the device's best kernels, and between
 * them what makes scores of products, probabilities of scores and gradients of both (panelKernels.wgsl.ts).
 */
import * as tf from '@tensorflow/tfjs';
import type { UniformNumber } from '../../kernelCache.ts';
import { allocate, reductionStyle, runKernel } from '../../runtime.ts';
import { zeros } from '../accumulate/accumulate.ts';
import { dropoutConstants } from '../dropout/dropoutHash.ts';
import { runMatmul, type MatrixView } from '../linear/matmul.ts';
import { withProductBits } from '../linear/matmulChoice.ts';
import type { MatmulForm } from '../linear/matmulForm.ts';
import { elementWorkgroups, rowWorkgroups } from '../wgsl.ts';
import type {
  AttentionGradients,
  AttentionInputs,
  AttentionOptions,
  AttentionResult,
  SavedAttention,
} from './attention.ts';
import { variantKey, variantOf } from './attentionTerms.wgsl.ts';
import { rowStatistics } from './attentionRows.ts';
import { biasGradientCode, scoreGradientsCode, softmaxCode } from './panelKernels.wgsl.ts';
import { PANEL_BYTES, panelRow, panelSize, panelsOf, type Panel } from './panels.ts';

/** Keys from which a GPU reduces a row in a workgroup, half of whose invocations then have something to do. */
const wideRowFrom = 256;

interface PanelUniforms {
  u32: UniformNumber[];
  f32: number[];
}

/** The uniforms `panelUniforms` after a count. */
function uniformsOf(count: number, panel: Panel, options: AttentionOptions): PanelUniforms {
  const { heads, queryLength, keyLength, dropoutRate, seed } = options;
  const { salt, threshold, scale } = dropoutConstants(dropoutRate, seed);
  return {
    u32: [
      count,
      heads,
      queryLength,
      keyLength,
      panel.firstBatch,
      panel.batches,
      panel.firstHead,
      panel.heads,
      panel.firstQuery,
      panel.queries,
      dropoutRate > 0 ? salt : 0,
      threshold,
    ],
    f32: [scale],
  };
}

/** The panel's heads in a matrix [B*length, H*K], from position `first` of each of its sequences. */
function headsView(
  tensor: tf.Tensor2D,
  { firstBatch, firstHead }: Panel,
  { heads }: AttentionOptions,
  length: number,
  first = 0,
): MatrixView {
  const width = tensor.shape[1];
  const headSize = width / heads;
  return {
    tensor,
    rowStride: width,
    start: (firstBatch * length + first) * width + firstHead * headSize,
    outerStride: length * width,
    innerStride: headSize,
  };
}

function panelView(tensor: tf.Tensor1D, { heads, queries }: Panel, keyLength: number): MatrixView {
  const rowStride = panelRow(keyLength);
  return { tensor, rowStride, innerStride: queries * rowStride, outerStride: heads * queries * rowStride };
}

/** The products of a panel, in 32 bits whatever layers multiply in. */
function panelProducts(panel: Panel, width: number, options: AttentionOptions) {
  const { queryLength, keyLength, heads } = options;
  const { queries, firstQuery } = panel;
  const headSize = width / heads;
  const ofQueries = (tensor: tf.Tensor2D): MatrixView =>
    headsView(tensor, panel, options, queryLength, firstQuery);
  const ofKeys = (tensor: tf.Tensor2D): MatrixView => headsView(tensor, panel, options, keyLength);
  const ofScores = (tensor: tf.Tensor1D): MatrixView => panelView(tensor, panel, keyLength);
  const multiply = (
    form: MatmulForm,
    [rows, depth, columns]: readonly [number, number, number],
    a: MatrixView,
    b: MatrixView,
    c: MatrixView,
  ): void =>
    withProductBits(32, () =>
      runMatmul({ form, rows, depth, columns, outer: panel.batches, inner: panel.heads, a, b, c }),
    );
  return {
    /** scores = left·rightᵀ of rows of queries and of keys. */
    scores: (left: tf.Tensor2D, right: tf.Tensor2D, scores: tf.Tensor1D): void =>
      multiply('NT', [queries, headSize, keyLength], ofQueries(left), ofKeys(right), ofScores(scores)),
    /** into = scores·right, rows of queries of rows of keys. */
    timesKeys: (scores: tf.Tensor1D, right: tf.Tensor2D, into: tf.Tensor2D): void =>
      multiply('NN', [queries, keyLength, headSize], ofScores(scores), ofKeys(right), ofQueries(into)),
    /** into = scoresᵀ·right, rows of keys of rows of queries. */
    timesQueries: (scores: tf.Tensor1D, right: tf.Tensor2D, into: tf.Tensor2D): void =>
      multiply('TN', [keyLength, queries, headSize], ofScores(scores), ofQueries(right), ofKeys(into)),
  };
}

/** See `attention`; head sizes are multiples of 4. */
export function panelForward(
  { query, key, value }: AttentionInputs,
  options: AttentionOptions,
  panelBytes = PANEL_BYTES[reductionStyle()],
): AttentionResult {
  const { batch, heads, queryLength, keyLength } = options;
  const width = query.shape[1];
  const context = allocate<tf.Rank.R2>([batch * queryLength, width]);
  const sums = allocate<tf.Rank.R2>([batch * heads * queryLength, 2]);
  const parts = panelsOf(options, panelBytes);
  const scores = allocate<tf.Rank.R1>([panelSize(parts[0]![0]!, keyLength)]);
  for (const panel of parts.flat()) {
    const products = panelProducts(panel, width, options);
    products.scores(query, key, scores);
    softmax(scores, sums, panel, options);
    products.timesKeys(scores, value, context);
  }
  scores.dispose();
  return { context, sums };
}

/** Gradients of query, key, value and a trained bias from that of the context. */
export function panelBackward(
  dcontext: tf.Tensor2D,
  saved: SavedAttention,
  panelBytes = PANEL_BYTES[reductionStyle()],
): AttentionGradients {
  const { query, key, value, context, sums, options } = saved;
  const { heads, queryLength, keyLength, bias, biasFrozen = false } = options;
  const width = query.shape[1];
  const rows = rowStatistics(dcontext, context, sums, options);
  const dquery = allocate<tf.Rank.R2>(query.shape);
  const dbias = bias === null || biasFrozen ? null : zeros<tf.Rank.R4>([1, heads, queryLength, keyLength]);
  const parts = panelsOf(options, panelBytes);
  const [scores, gradient] = [0, 1].map(() =>
    allocate<tf.Rank.R1>([panelSize(parts[0]![0]!, keyLength)]),
  ) as [tf.Tensor1D, tf.Tensor1D];
  let sum: { dkey: tf.Tensor2D; dvalue: tf.Tensor2D } | undefined;
  for (const part of parts) {
    const dkey = allocate<tf.Rank.R2>(key.shape);
    const dvalue = allocate<tf.Rank.R2>(value.shape);
    for (const panel of part) {
      const products = panelProducts(panel, width, options);
      products.scores(query, key, scores);
      products.scores(dcontext, value, gradient);
      scoreGradients(scores, gradient, rows, panel, options);
      products.timesQueries(scores, dcontext, dvalue);
      products.timesQueries(gradient, query, dkey);
      products.timesKeys(gradient, key, dquery);
      if (dbias !== null) addToBiasGradient(dbias, gradient, panel, options);
    }
    sum =
      sum === undefined
        ? { dkey, dvalue }
        : { dkey: added(sum.dkey, dkey), dvalue: added(sum.dvalue, dvalue) };
  }
  tf.dispose([scores, gradient, rows]);
  return { dquery, ...sum!, dbias };
}

/** The sum of two tensors, which it frees. */
function added(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  const sum = tf.add<tf.Tensor2D>(a, b);
  tf.dispose([a, b]);
  return sum;
}

function variantTensors({ bias, keyMask }: AttentionOptions): tf.Tensor[] {
  return [bias, keyMask].filter((tensor) => tensor !== null);
}

function softmax(scores: tf.Tensor1D, sums: tf.Tensor2D, panel: Panel, options: AttentionOptions): void {
  const variant = variantOf(options);
  const rowCount = panel.batches * panel.heads * panel.queries;
  const style = options.keyLength < wideRowFrom ? 'invocation' : reductionStyle();
  runKernel({
    key: `attention softmax ${style} ${variantKey(variant)}`,
    code: () => softmaxCode(style, variant),
    writes: [scores, sums],
    reads: variantTensors(options),
    uniforms: uniformsOf(rowCount, panel, options),
    workgroups: rowWorkgroups(style, rowCount),
  });
}

function scoreGradients(
  scores: tf.Tensor1D,
  gradient: tf.Tensor1D,
  rows: tf.Tensor2D,
  panel: Panel,
  options: AttentionOptions,
): void {
  const variant = variantOf(options);
  const count = panelSize(panel, options.keyLength) / 4;
  runKernel({
    key: `attention score gradients ${variantKey(variant)}`,
    code: () => scoreGradientsCode(variant),
    writes: [scores, gradient],
    reads: [rows, ...variantTensors(options)],
    uniforms: uniformsOf(count, panel, options),
    workgroups: elementWorkgroups(count),
  });
}

function addToBiasGradient(
  dbias: tf.Tensor4D,
  gradient: tf.Tensor1D,
  panel: Panel,
  options: AttentionOptions,
): void {
  const count = panel.heads * panel.queries * options.keyLength;
  runKernel({
    key: 'attention bias gradient',
    code: biasGradientCode,
    writes: [dbias],
    reads: [gradient],
    uniforms: uniformsOf(count, panel, options),
    workgroups: elementWorkgroups(count),
  });
}
