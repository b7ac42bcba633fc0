/** Matrix products without gradient: strided, batched, with epilogues on WebGPU, plain ones on every backend. */
import * as tf from '@tensorflow/tfjs';
import {
  allocate,
  hasFeature,
  isWebgpu,
  reductionStyle,
  runKernel,
  spreadWorkgroups,
} from '../../runtime.ts';
import { matrixShape, storeOf, type MatrixStore } from '../packedMatrix/packedForm.ts';
import { packedStride } from '../packedMatrix/packedLoads.wgsl.ts';
import { sumSlices } from '../sumSlices.ts';
import { fewRowsCode, mostFewRows } from './fewRows.wgsl.ts';
import { finishParts, type Additions } from './finishParts.ts';
import { chooseKernel } from './matmulChoice.ts';
import { kindName, noEpilogue, type MatmulForm, type MatmulKind } from './matmulForm.ts';
import {
  directKernel,
  fitsVectors,
  kernelCode,
  kernelKey,
  kernelWorkgroups,
  scalarKernel,
  type MatmulKernel,
} from './matmulKernels.ts';

/** A matrix, or a batch of them, inside a tensor. Strides count elements. */
export interface MatrixView {
  tensor: tf.TensorInfo;
  /** From one row to the next, as stored. */
  rowStride: number;
  /** Of the first matrix's first element; 0 if not said. */
  start?: number;
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
  /** A packed matrix only whole or, in NT, cut along its rows. */
  b: MatrixView;
  c: MatrixView;
  /** Low-rank parts only without a batch; the residual lies as C does. */
  additions?: Additions;
}

/** Records one batched product; WebGPU only. `kernel` overrides the choice where sizes are multiples of 4. */
export function runMatmul(run: MatmulRun, kernel?: MatmulKernel): void {
  const { form, rows, columns, depth, outer = 1, inner = 1, a, b, c, additions = {} } = run;
  const kind = kindOf(form, b.tensor, additions);
  const rank = additions.low?.rank ?? 0;
  const strides = [a, b, c].flatMap((view) => [view.rowStride, view.outerStride ?? 0, view.innerStride ?? 0]);
  const starts = [a, b, c].map(({ start = 0 }) => start);
  const isVector = fitsVectors(form, run, [...strides, ...starts, rank]);
  const batch = outer * inner;
  const used = isVector ? (kernel ?? chooseKernel(form, { rows, columns, depth, batch })) : scalarKernel;
  const [units, startUnits] = [strides, starts].map((all) => (isVector ? all.map((n) => n / 4) : all)) as [
    number[],
    number[],
  ];
  // A packed row is counted in the words it is read by.
  units[3] = bStride(kind.store, b.rowStride, isVector);
  const { factor = 1, residual, low } = additions;
  runKernel({
    key: kernelKey(used, kind),
    code: () => kernelCode(used, kind),
    writes: [c.tensor],
    reads: [
      a.tensor,
      b.tensor,
      ...(residual === undefined ? [] : [residual]),
      ...(low === undefined ? [] : [low.low, low.up]),
    ],
    uniforms: { u32: [rows, columns, depth, inner, ...units, rank, ...startUnits], f32: [factor] },
    workgroups: kernelWorkgroups(used, rows, columns, batch),
  });
}

function bStride(store: MatrixStore, columns: number, isVector: boolean): number {
  if (isVector || store === 'i8') return packedStride(store, columns);
  return store === 'f16' ? columns / 2 : columns;
}

function kindOf(
  form: MatmulForm,
  b: tf.TensorInfo,
  { factor, low, relu = false, residual }: Additions,
): MatmulKind {
  const epilogue = {
    scaled: factor !== undefined,
    low: low !== undefined,
    relu,
    residual: residual !== undefined,
  };
  return { form, store: storeOf(b), epilogue };
}

/** a·b, a·bᵀ or aᵀ·b of two matrices on any backend, b packed or not; no gradient. */
export function matmul(
  form: MatmulForm,
  a: tf.Tensor2D,
  b: tf.Tensor2D,
  additions: Additions = {},
): tf.Tensor2D {
  const [bRows, bColumns] = matrixShape(b);
  const rows = form === 'TN' ? a.shape[1] : a.shape[0];
  const depth = form === 'TN' ? a.shape[0] : a.shape[1];
  const columns = form === 'NT' ? bRows : bColumns;
  const bDepth = form === 'NT' ? bColumns : bRows;
  if (depth !== bDepth) {
    throw new RangeError(`matmul ${form}: [${a.shape.join(', ')}] and [${bRows}, ${bColumns}] do not match.`);
  }
  if (!isWebgpu()) return plainProduct(form, a, b, additions);
  const isRankOdd = (additions.low?.rank ?? 0) % 4 !== 0;
  if (isRankOdd && fitsVectors(form, { rows, columns, depth }, [])) {
    return withOddRank(form, a, b, additions);
  }
  const c = allocate<tf.Rank.R2>([rows, columns]);
  const run: MatmulRun = {
    form,
    rows,
    columns,
    depth,
    a: { tensor: a, rowStride: a.shape[1] },
    b: { tensor: b, rowStride: bColumns },
    c: { tensor: c, rowStride: columns },
    additions,
  };
  if (form === 'NT' && reductionStyle() !== 'invocation' && rows <= mostFewRows && depth % 4 === 0) {
    runFewRows(run, hasFeature('subgroups'));
    return c;
  }
  runProduct(run);
  return c;
}

/** Records one product, in parts where that keeps a GPU busy. `kernel` as in `runMatmul`. */
export function runProduct(run: MatmulRun, kernel?: MatmulKernel): void {
  const parts = partsFor(run);
  if (parts === 1) runMatmul(run, kernel);
  else runInParts(run, parts, kernel);
}

/** The fast kernels add no rank that is not a multiple of 4: that product is made first and added as a residual. */
function withOddRank(
  form: MatmulForm,
  a: tf.Tensor2D,
  b: tf.Tensor2D,
  { factor, low, relu = false, residual }: Additions,
): tf.Tensor2D {
  return tf.tidy(() => {
    const isLast = !relu && residual !== undefined;
    const scale = factor === undefined ? {} : { factor };
    const last = isLast ? { residual } : {};
    const base = matmul(form, low!.low as tf.Tensor2D, low!.up as tf.Tensor2D, { ...scale, ...last });
    const sum = matmul(form, a, b, { ...scale, residual: base });
    if (!relu) return sum;
    return residual === undefined ? tf.relu(sum) : tf.add(tf.relu(sum), residual as tf.Tensor2D);
  });
}

function plainProduct(
  form: MatmulForm,
  a: tf.Tensor2D,
  b: tf.Tensor2D,
  { factor, low, relu = false, residual }: Additions,
): tf.Tensor2D {
  return tf.tidy(() => {
    let y: tf.Tensor = tf.matMul(a, b, form === 'TN', form === 'NT');
    if (low !== undefined) {
      const up = low.up as tf.Tensor2D;
      y = tf.add(y, tf.matMul(low.low as tf.Tensor2D, up, false, form === 'NT'));
    }
    if (factor !== undefined) y = tf.mul(y, factor);
    if (relu) y = tf.relu(y);
    return (residual === undefined ? y : tf.add(y, residual as tf.Tensor)) as tf.Tensor2D;
  });
}

/** Records A·Bᵀ for up to `mostFewRows` rows of A; depth a multiple of 4. */
export function runFewRows(
  { rows, columns, depth, a, b, c, additions = {} }: MatmulRun,
  subgroups: boolean,
): void {
  const kind = kindOf('NT', b.tensor, additions);
  const { factor = 1, residual, low } = additions;
  runKernel({
    key: `matmul ${kindName(kind)} ${rows} rows${subgroups ? ' subgroups' : ''}`,
    code: () => fewRowsCode(kind, rows, subgroups),
    writes: [c.tensor],
    reads: [
      a.tensor,
      b.tensor,
      ...(residual === undefined ? [] : [residual]),
      ...(low === undefined ? [] : [low.low, low.up]),
    ],
    uniforms: { u32: [columns, depth / 4, packedStride(kind.store, depth), low?.rank ?? 0], f32: [factor] },
    workgroups: spreadWorkgroups(columns),
  });
}

/** Invocations that keep a GPU busy, and the least depth worth one. */
const busyInvocations = 8192;
const leastPartDepth = 64;

/**
 * Into how many equal parts to cut the depth of a product with few elements and a long sum, as LoRA's are: otherwise a
 * handful of invocations would do all the work. A power of two; 1 on software adapters, which have few lanes to fill.
 */
export function partsFor({ form, rows, columns, depth, b }: MatmulRun): number {
  const store = storeOf(b.tensor);
  const isCuttable = store === 'f32' || (store === 'f16' && columns % 4 === 0);
  if (reductionStyle() === 'invocation' || !isCuttable) return 1;
  const [tileRows, tileColumns] = directKernel(rows).tile;
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

/** Products of the parts of the depth, as a batch, and then their sum with what is added. */
function runInParts(run: MatmulRun, parts: number, kernel?: MatmulKernel): void {
  const { form, rows, columns, a, b, c, additions = {} } = run;
  const depth = run.depth / parts;
  const partial = allocate<tf.Rank.R3>([parts, rows, columns]);
  const ofParts: MatmulRun = {
    form,
    rows,
    columns,
    depth,
    inner: parts,
    a: { ...a, innerStride: form === 'TN' ? depth * a.rowStride : depth },
    b: { ...b, innerStride: form === 'NT' ? depth : depth * b.rowStride },
    c: { tensor: partial, rowStride: columns, innerStride: rows * columns },
  };
  runMatmul(ofParts, kernel);
  const kind = kindOf(form, b.tensor, additions);
  if (kindName(kind) === kindName({ ...kind, epilogue: noEpilogue })) sumSlices(partial, c.tensor);
  else finishParts(kind, partial, c.tensor, additions);
  partial.dispose();
}
