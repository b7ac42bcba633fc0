/** Matrix products of kernels beside those in double precision. */
import * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';
import type { Additions } from '../engine/ops/linear/finishParts.ts';
import { runFewRows, runMatmul, type MatmulRun } from '../engine/ops/linear/matmul.ts';
import type { MatmulForm } from '../engine/ops/linear/matmulForm.ts';
import type { MatmulKernel } from '../engine/ops/linear/matmulKernels.ts';
import { allocate, readFresh } from '../engine/runtime.ts';
import { readWeight, uploadFrozen, type WeightPrecision } from '../engine/weights.ts';
import { floats } from './parity.ts';

/** Σ over depth in double precision; index functions as the form says. */
export function productInDoubles(
  form: MatmulForm,
  a: Float32Array,
  b: Float32Array,
  [m, k, n]: readonly number[],
): number[] {
  const [M, K, N] = [m!, k!, n!];
  return Array.from({ length: M * N }, (_, at) => {
    const [row, column] = [Math.floor(at / N), at % N];
    let sum = 0;
    for (let i = 0; i < K; i++) {
      const left = form === 'TN' ? a[i * M + row]! : a[row * K + i]!;
      sum += left * (form === 'NT' ? b[column * K + i]! : b[i * N + column]!);
    }
    return sum;
  });
}

/** Pseudo-random values between -1 and 1. */
export function productValues(shape: number[], seed: number): Float32Array {
  return floats(shape, seed).values as Float32Array;
}

/** What else a comparison is told. */
export interface ProductTest {
  readonly ends?: { factor?: number; rank?: number; relu?: boolean; residual?: boolean };
  /** Of all factors. */
  readonly values?: typeof productValues;
  readonly tolerance?: { atol: number; rtol: number };
}

/** The kernel's product of pseudo-random matrices beside the one in double precision. */
export async function compareProduct(
  form: MatmulForm,
  [m, k, n]: readonly [number, number, number],
  kernel: MatmulKernel | 'few rows' | 'few rows, subgroups',
  precision: WeightPrecision = 'f32',
  { ends = {}, values = productValues, tolerance }: ProductTest = {},
): Promise<void> {
  const aShape = form === 'TN' ? [k, m] : [m, k];
  const bShape = form === 'NT' ? [n, k] : [k, n];
  const a = tf.tensor(values(aShape, 1), aShape);
  const b = uploadFrozen('b', bShape, values(bShape, 2), precision);
  const numbers = await readWeight(b);
  const wanted = productInDoubles(form, values(aShape, 1), numbers, [m, k, n]);
  const additions: Additions = {};
  const made: tf.Tensor[] = [a, b];
  const { factor, rank = 0, relu = false, residual = false } = ends;
  if (rank > 0) {
    const upShape = form === 'NT' ? [n, rank] : [rank, n];
    const low = tf.tensor(values([m, rank], 3), [m, rank]);
    const up = tf.tensor(values(upShape, 4), upShape);
    made.push(low, up);
    additions.low = { low, up, rank };
    const added = productInDoubles(form, values([m, rank], 3), values(upShape, 4), [m, rank, n]);
    for (const [i, value] of added.entries()) wanted[i]! += value;
  }
  if (factor !== undefined) {
    additions.factor = factor;
    for (const [i, value] of wanted.entries()) wanted[i] = factor * value;
  }
  if (relu) {
    additions.relu = true;
    for (const [i, value] of wanted.entries()) wanted[i] = Math.max(0, value);
  }
  if (residual) {
    additions.residual = tf.tensor(values([m, n], 5), [m, n]);
    made.push(additions.residual as tf.Tensor);
    for (const [i, value] of values([m, n], 5).entries()) wanted[i]! += value;
  }
  const c = allocate<tf.Rank.R2>([m, n]);
  made.push(c);
  const run: MatmulRun = {
    form,
    rows: m,
    columns: n,
    depth: k,
    a: { tensor: a, rowStride: aShape[1]! },
    b: { tensor: b, rowStride: bShape[1]! },
    c: { tensor: c, rowStride: n },
    additions,
  };
  if (typeof kernel === 'string') runFewRows(run, kernel === 'few rows, subgroups');
  else runMatmul(run, kernel);
  expect(await readFresh(c)).toBeAllClose(
    wanted,
    tolerance ?? { atol: 1e-6 + 1e-7 * (k + rank), rtol: 1e-5 },
  );
  tf.dispose(made);
}
