/** Matrix products without gradient: strided and batched on WebGPU, plain ones on every backend. */
import * as tf from '@tensorflow/tfjs';
import { allocate, isWebgpu, reductionStyle, runKernel } from '../../runtime.ts';
import { sumSlices } from '../sumSlices.ts';
import { rowWorkgroups } from '../wgsl.ts';
import {
  fewRowsCode,
  matmulWorkgroups,
  mostFewRows,
  scalarMatmulCode,
  scalarTile,
  vec4MatmulCode,
  type MatmulForm,
  type Tile,
} from './matmul.wgsl.ts';

/** A matrix, or a batch of them, inside a tensor. Strides count elements. */
export interface MatrixView {
  tensor: tf.TensorInfo;
  /** From one row to the next, as stored. */
  rowStride: number;
  /** From one of the `outer` groups of matrices to the next. */
  outerStride?: number;
  /** From one matrix of a group to the next. */
  innerStride?: number;
}

/** C = A·B (NN), A·Bᵀ (NT) or Aᵀ·B (TN), for outer·inner matrices at once. */
export interface MatmulRun {
  form: MatmulForm;
  /** C is rows x columns; depth is the summed dimension. */
  rows: number;
  columns: number;
  depth: number;
  outer?: number;
  inner?: number;
  a: MatrixView;
  b: MatrixView;
  c: MatrixView;
}

/** Records one batched product; WebGPU only. */
export function runMatmul(run: MatmulRun): void {
  const { form, rows, columns, depth, outer = 1, inner = 1, a, b, c } = run;
  const strides = [a, b, c].flatMap((view) => [view.rowStride, view.outerStride ?? 0, view.innerStride ?? 0]);
  const isVec4 = canUseVec4(run, strides);
  const tile = isVec4 ? tileFor(rows) : scalarTile;
  runKernel({
    key: isVec4 ? `matmul ${form} ${tile.join('x')}` : `matmul ${form} scalar`,
    code: () => (isVec4 ? vec4MatmulCode(form, tile) : scalarMatmulCode(form)),
    writes: [c.tensor],
    reads: [a.tensor, b.tensor],
    uniforms: {
      u32: [rows, columns, depth, inner, ...(isVec4 ? strides.map((stride) => stride / 4) : strides)],
    },
    workgroups: matmulWorkgroups(tile, rows, columns, outer * inner),
  });
}

/** The vec4 kernel reads A along its stored rows (K, or M in TN), B and C along theirs, four at a time. */
function canUseVec4({ form, rows, columns, depth }: MatmulRun, strides: number[]): boolean {
  const sizes = form === 'TN' ? [rows, columns] : [depth, columns];
  return [...sizes, ...strides].every((size) => size % 4 === 0);
}

function tileFor(rows: number): Tile {
  if (rows >= 8) return [8, 8];
  return rows >= 4 ? [4, 8] : [1, 8];
}

/** a·b, a·bᵀ or aᵀ·b of two matrices on any backend; no gradient. */
export function matmul(form: MatmulForm, a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor2D {
  const rows = form === 'TN' ? a.shape[1] : a.shape[0];
  const depth = form === 'TN' ? a.shape[0] : a.shape[1];
  const columns = form === 'NT' ? b.shape[0] : b.shape[1];
  const bDepth = form === 'NT' ? b.shape[1] : b.shape[0];
  if (depth !== bDepth) {
    throw new RangeError(`matmul ${form}: [${a.shape.join(', ')}] and [${b.shape.join(', ')}] do not match.`);
  }
  if (!isWebgpu()) {
    // Explicit transposes: tfjs's WASM matmul is 11 to 13 times slower with its transpose flags.
    return tf.tidy(() => tf.matMul(form === 'TN' ? tf.transpose(a) : a, form === 'NT' ? tf.transpose(b) : b));
  }
  const c = allocate<tf.Rank.R2>([rows, columns]);
  if (form === 'NT' && reductionStyle() === 'workgroup' && rows <= mostFewRows && depth % 4 === 0) {
    runFewRows(a, b, c);
    return c;
  }
  const run: MatmulRun = {
    form,
    rows,
    columns,
    depth,
    a: { tensor: a, rowStride: a.shape[1] },
    b: { tensor: b, rowStride: b.shape[1] },
    c: { tensor: c, rowStride: columns },
  };
  const parts = partsFor(run);
  if (parts === 1) runMatmul(run);
  else runInParts(run, parts);
  return c;
}

function runFewRows(a: tf.Tensor2D, b: tf.Tensor2D, c: tf.Tensor2D): void {
  const [rows, depth] = a.shape;
  const columns = b.shape[0];
  runKernel({
    key: `matmul NT ${rows} rows`,
    code: () => fewRowsCode('workgroup', rows),
    writes: [c],
    reads: [a, b],
    uniforms: { u32: [columns, depth / 4] },
    workgroups: rowWorkgroups('workgroup', columns),
  });
}

/** Invocations that keep a GPU busy, and the least depth worth one. */
const busyInvocations = 8192;
const leastPartDepth = 64;

/**
 * Into how many equal parts to cut the depth of a product with few elements and a long sum, as LoRA's are: otherwise a
 * handful of invocations would do all the work. A power of two; 1 on software adapters, which have few lanes to fill.
 */
export function partsFor({ form, rows, columns, depth }: MatmulRun): number {
  if (reductionStyle() === 'invocation') return 1;
  const [tileRows, tileColumns] = tileFor(rows);
  const tiles = Math.ceil(rows / tileRows) * Math.ceil(columns / tileColumns);
  const alignment = form === 'TN' ? 1 : 4;
  let parts = 1;
  while (
    tiles * parts < busyInvocations &&
    depth / (2 * parts) >= leastPartDepth &&
    depth % (2 * parts * alignment) === 0
  ) {
    parts *= 2;
  }
  return parts;
}

/** Products of the parts of the depth, as a batch, and then their sum. */
function runInParts(run: MatmulRun, parts: number): void {
  const { form, rows, columns, a, b, c } = run;
  const depth = run.depth / parts;
  const size = rows * columns;
  const partial = allocate<tf.Rank.R3>([parts, rows, columns]);
  runMatmul({
    ...run,
    depth,
    inner: parts,
    a: { ...a, innerStride: form === 'TN' ? depth * a.rowStride : depth },
    b: { ...b, innerStride: form === 'NT' ? depth : depth * b.rowStride },
    c: { tensor: partial, rowStride: columns, innerStride: size },
  });
  sumSlices(partial, c.tensor);
  partial.dispose();
}
