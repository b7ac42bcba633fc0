/** Attention on WebGPU through panels of scores of bounded size (see panels.wgsl.ts). */
import * as tf from '@tensorflow/tfjs';
import type { UniformNumber } from '../../kernelCache.ts';
import { allocate, reductionStyle, runKernel, spreadWorkgroups } from '../../runtime.ts';
import { zeros } from '../accumulate/accumulate.ts';
import { dropoutConstants } from '../dropout/dropoutHash.ts';
import { rowWorkgroups } from '../wgsl.ts';
import type {
  AttentionGradients,
  AttentionInputs,
  AttentionOptions,
  AttentionResult,
  SavedAttention,
} from './attention.ts';
import { variantKey, variantOf } from './attentionTerms.wgsl.ts';
import { rowStatistics } from './attentionRows.ts';
import {
  biasGradientCode,
  groupTiles,
  scoreGradientsCode,
  scoresCode,
  softmaxCode,
  tileColumns,
} from './panels.wgsl.ts';
import { panelTimesKeysCode, panelTimesQueriesCode, type PanelHalf } from './panelProducts.wgsl.ts';

/** Most bytes of one panel; two lie side by side in the backward pass. */
export const PANEL_BYTES = 4 * 2 ** 20;

/** Keys from which a GPU reduces a row in a workgroup, half of whose invocations then have something to do. */
const wideRowFrom = 256;

/** Consecutive (batch, head) pairs, or some queries of a single pair. */
interface Panel {
  firstPair: number;
  pairs: number;
  firstQuery: number;
  queries: number;
}

/** The panels of an attention, in the order of their memory. */
export function panelsOf(
  { batch, heads, queryLength, keyLength }: AttentionOptions,
  panelBytes: number,
): Panel[] {
  const rowBytes = 16 * Math.ceil(keyLength / 4);
  const allPairs = batch * heads;
  const panels: Panel[] = [];
  if (rowBytes * queryLength <= panelBytes) {
    const most = Math.floor(panelBytes / (rowBytes * queryLength));
    for (let firstPair = 0; firstPair < allPairs; firstPair += most) {
      const pairs = Math.min(most, allPairs - firstPair);
      panels.push({ firstPair, pairs, firstQuery: 0, queries: queryLength });
    }
    return panels;
  }
  const most = Math.max(8, Math.floor(panelBytes / rowBytes / 8) * 8);
  for (let firstPair = 0; firstPair < allPairs; firstPair++) {
    for (let firstQuery = 0; firstQuery < queryLength; firstQuery += most) {
      panels.push({ firstPair, pairs: 1, firstQuery, queries: Math.min(most, queryLength - firstQuery) });
    }
  }
  return panels;
}

function uniformsOf(panel: Panel, width: number, options: AttentionOptions) {
  const { heads, queryLength, keyLength, dropoutRate, seed } = options;
  const { salt, threshold, scale } = dropoutConstants(dropoutRate, seed);
  return {
    u32: [
      heads,
      queryLength,
      keyLength,
      width / heads / 4,
      width / 4,
      Math.ceil(keyLength / 4),
      panel.firstPair,
      panel.pairs,
      panel.firstQuery,
      panel.queries,
      dropoutRate > 0 ? salt : 0,
      threshold,
    ],
    f32: [scale],
  };
}

function tileRowsFor(queries: number): number {
  if (queries >= 8) return 8;
  return queries >= 4 ? 4 : 1;
}

/** Workgroups for register tiles of [rows, columns] of every pair. */
function tileGroups(
  rows: number,
  tileRows: number,
  columns: number,
  pairs: number,
): [number, number, number] {
  const tiles = Math.ceil(rows / tileRows) * Math.ceil(columns / tileColumns) * pairs;
  return spreadWorkgroups(Math.ceil(tiles / groupTiles));
}

/** Floats in one panel. */
function panelSize({ pairs, queries }: Panel, keyLength: number): number {
  return pairs * queries * Math.ceil(keyLength / 4) * 4;
}

/** See `attention`; head sizes are multiples of 4. */
export function panelForward(
  { query, key, value }: AttentionInputs,
  options: AttentionOptions,
  panelBytes = PANEL_BYTES,
): AttentionResult {
  const { batch, heads, queryLength, keyLength, bias, keyMask } = options;
  const width = query.shape[1];
  const variant = variantOf(options);
  const context = allocate<tf.Rank.R2>([batch * queryLength, width]);
  const sums = allocate<tf.Rank.R2>([batch * heads * queryLength, 2]);
  const panels = panelsOf(options, panelBytes);
  const panel = allocate<tf.Rank.R1>([panelSize(panels[0]!, keyLength)]);
  for (const part of panels) {
    const uniforms = uniformsOf(part, width, options);
    const tileRows = tileRowsFor(part.queries);
    runKernel({
      key: `attention panel scores ${tileRows} ${variantKey(variant)}`,
      code: () => scoresCode(variant, tileRows),
      writes: [panel],
      reads: [query, key, ...[bias, keyMask].filter((tensor) => tensor !== null)],
      uniforms,
      workgroups: tileGroups(part.queries, tileRows, keyLength, part.pairs),
    });
    const rowCount = part.pairs * part.queries;
    const style = keyLength < wideRowFrom ? 'invocation' : reductionStyle();
    runKernel({
      key: `attention panel softmax ${style} ${variant.hasDropout}`,
      code: () => softmaxCode(style, variant.hasDropout),
      writes: [panel, sums],
      reads: [],
      uniforms: { ...uniforms, u32: [rowCount, ...uniforms.u32] },
      workgroups: rowWorkgroups(style, rowCount),
    });
    runKernel({
      key: `attention panel keys first ${tileRows}`,
      code: () => panelTimesKeysCode('first', tileRows),
      writes: [context],
      reads: [panel, value],
      uniforms,
      workgroups: tileGroups(part.queries, tileRows, width / heads, part.pairs),
    });
  }
  panel.dispose();
  return { context, sums };
}

/** Gradients of query, key, value and a trained bias from that of the context. */
export function panelBackward(
  dcontext: tf.Tensor2D,
  saved: SavedAttention,
  panelBytes = PANEL_BYTES,
): AttentionGradients {
  const { query, key, value, context, sums, options } = saved;
  const { heads, queryLength, keyLength, bias, biasFrozen = false, keyMask } = options;
  const width = query.shape[1];
  const variant = variantOf(options);
  const rows = rowStatistics(dcontext, context, sums, options);
  const [dquery, dkey, dvalue] = [query, key, value].map(({ shape }) => allocate<tf.Rank.R2>(shape)) as [
    tf.Tensor2D,
    tf.Tensor2D,
    tf.Tensor2D,
  ];
  const dbias = bias === null || biasFrozen ? null : zeros<tf.Rank.R4>([1, heads, queryLength, keyLength]);
  const parts = panelsOf(options, panelBytes);
  const panels = allocate<tf.Rank.R1>([2 * panelSize(parts[0]!, keyLength)]);
  for (const part of parts) {
    const uniforms = uniformsOf(part, width, options);
    const tileRows = tileRowsFor(part.queries);
    runKernel({
      key: `attention panel gradients ${tileRows} ${variantKey(variant)}`,
      code: () => scoreGradientsCode(variant, tileRows),
      writes: [panels],
      reads: [query, key, value, dcontext, rows, ...[bias, keyMask].filter((tensor) => tensor !== null)],
      uniforms,
      workgroups: tileGroups(part.queries, tileRows, keyLength, part.pairs),
    });
    const timesQueries = (half: PanelHalf, right: tf.Tensor, into: tf.Tensor): void =>
      runKernel({
        key: `attention panel queries ${half}`,
        code: () => panelTimesQueriesCode(half),
        writes: [into],
        reads: [panels, right],
        uniforms,
        workgroups: tileGroups(keyLength, tileColumns, width / heads, part.pairs),
      });
    timesQueries('first', dcontext, dvalue);
    timesQueries('second', query, dkey);
    runKernel({
      key: `attention panel keys second ${tileRows}`,
      code: () => panelTimesKeysCode('second', tileRows),
      writes: [dquery],
      reads: [panels, key],
      uniforms,
      workgroups: tileGroups(part.queries, tileRows, width / heads, part.pairs),
    });
    if (dbias !== null) addToBiasGradient(dbias, panels, part, uniforms, options);
  }
  tf.dispose([panels, rows]);
  return { dquery, dkey, dvalue, dbias };
}

function addToBiasGradient(
  dbias: tf.Tensor4D,
  panels: tf.Tensor1D,
  part: Panel,
  uniforms: { u32: UniformNumber[]; f32: number[] },
  { heads, keyLength }: AttentionOptions,
): void {
  const count = heads * part.queries * keyLength;
  runKernel({
    key: 'attention panel bias gradient',
    code: biasGradientCode,
    writes: [dbias],
    reads: [panels],
    uniforms: { ...uniforms, u32: [count, ...uniforms.u32] },
    workgroups: spreadWorkgroups(Math.ceil(count / groupTiles)),
  });
}
