/** Measures once per adapter, and for 16 bits once more, which kernel is fastest for each class of products. */
import * as tf from '@tensorflow/tfjs';
import { makePrng } from '../../../lib/prng.ts';
import { compileAhead } from '../../compileAhead.ts';
import { allocate, compiles, copyTensor, queueIdle, readFresh, type KernelTexts } from '../../runtime.ts';
import { zeros } from '../accumulate/accumulate.ts';
import { className, productClass, setMatmulChoices } from './matmulChoice.ts';
import { readChoices, writeChoices } from './keptChoices.ts';
import { noEpilogue, type MatmulForm, type MatmulKind } from './matmulForm.ts';
import { runProduct, type MatmulRun } from './matmul.ts';
import {
  candidatesFor,
  kernelCode,
  kernelKey,
  kernelName,
  type MatmulKernel,
  type ProductBits,
} from './matmulKernels.ts';

/** Form, rows, depth and columns of a product that stands for its class. */
export type MeasuredProduct = readonly [form: MatmulForm, rows: number, depth: number, columns: number];

/** Products of a T5, one of each class. */
export const measuredProducts: readonly MeasuredProduct[] = (['NN', 'NT', 'TN'] as const).flatMap((form) => [
  [form, 16, 512, 512] as const,
  [form, 512, 512, 16] as const,
  [form, 128, 512, 512] as const,
  [form, 1024, 512, 1024] as const,
]);
const rounds = 5;
const runsPerRound = 4;

/** Share of the largest result by which kernels may differ; one that differs more is not used on this adapter. Half an ulp
 *  of 16 bits is 5e-4. */
export const kernelTolerance: Record<ProductBits, number> = { 16: 5e-3, 32: 1e-4 };

const tuned = new Map<string, ReadonlyMap<string, MatmulKernel>>();

/** Time of one product by one kernel, in milliseconds. */
export interface KernelTime {
  readonly product: string;
  readonly kernel: string;
  readonly medianMs: number;
}

/** What tuning found. */
export interface Tuning {
  /** The choices as text (keptChoices.ts), for the next visit. */
  readonly kept: string;
  /** What was measured; empty where choices that were known already hold. */
  readonly times: readonly KernelTime[];
}

/** What is measured: products that stand for all, and the bits in which they are made. */
export interface TuningOptions {
  readonly products?: readonly MeasuredProduct[];
  readonly bits?: ProductBits;
}

/**
 * Chooses kernels for the present device: from memory if an adapter of that name was measured before; by `kept`, what an
 * earlier visit left, if each of its kernels still computes what the first candidate does; else by measuring. Candidates
 * take turns, and medians decide.
 */
export async function tuneMatmul(
  adapterName: string,
  kept?: string,
  { products = measuredProducts, bits = 32 }: TuningOptions = {},
): Promise<Tuning> {
  const memory = `${adapterName} ${bits}`;
  const candidates = candidatesFor(bits);
  const classes = products.map(([form, rows, , columns]) => className(productClass(form, rows, columns, 1)));
  let choices = tuned.get(memory);
  if (choices === undefined && kept !== undefined) {
    const read = readChoices(kept, classes, candidates);
    if (read !== undefined && (await areSound(read, products, candidates[0]!, bits))) choices = read;
  }
  const times: KernelTime[] = [];
  choices ??= await measureAll(products, times, candidates, bits);
  tuned.set(memory, choices);
  setMatmulChoices(choices, bits);
  return { kept: writeChoices(choices), times };
}

/** Forgets what was measured, so that a test can begin anew. */
export function forgetTuning(): void {
  tuned.clear();
  setMatmulChoices(new Map());
  setMatmulChoices(new Map(), 16);
}

async function measureAll(
  products: readonly MeasuredProduct[],
  times: KernelTime[],
  candidates: readonly MatmulKernel[],
  bits: ProductBits,
): Promise<ReadonlyMap<string, MatmulKernel>> {
  const choices = new Map<string, MatmulKernel>();
  await compileAhead(textsOf(products, candidates), {});
  for (const [form, rows, depth, columns] of products) {
    const name = className(productClass(form, rows, columns, 1));
    const measured = await measureProduct(form, rows, depth, columns, candidates, bits);
    const [best] = measured.toSorted((a, b) => a.medianMs - b.medianMs);
    if (best !== undefined) choices.set(name, best.kernel);
    times.push(
      ...measured.map(({ kernel, medianMs }) => ({ product: name, kernel: kernelName(kernel), medianMs })),
    );
  }
  return choices;
}

function textsOf(products: readonly MeasuredProduct[], kernels: readonly MatmulKernel[]): KernelTexts {
  return new Map(
    products.flatMap(([form]) =>
      kernels.map((kernel) => {
        const kind = plainKind(form);
        return [kernelKey(kernel, kind), () => kernelCode(kernel, kind)] as const;
      }),
    ),
  );
}

function plainKind(form: MatmulForm): MatmulKind {
  return { form, store: 'f32', epilogue: noEpilogue };
}

/** Whether every chosen kernel computes on this device what the first candidate computes: a driver may have changed. */
async function areSound(
  choices: ReadonlyMap<string, MatmulKernel>,
  products: readonly MeasuredProduct[],
  reference: MatmulKernel,
  bits: ProductBits,
): Promise<boolean> {
  for (const [form, rows, depth, columns] of products) {
    const kernel = choices.get(className(productClass(form, rows, columns, 1)))!;
    const both = [reference, kernel];
    const agreeing = await onRandomProduct(form, rows, depth, columns, (run, c) =>
      kernelsThatAgree(run, c, both, bits),
    );
    if (agreeing.length < both.length) return false;
  }
  return true;
}

/** Median times of the kernels that agree with the first one. */
export async function measureProduct(
  form: MatmulForm,
  rows: number,
  depth: number,
  columns: number,
  kernels: readonly MatmulKernel[],
  bits: ProductBits = 32,
): Promise<{ kernel: MatmulKernel; medianMs: number }[]> {
  return onRandomProduct(form, rows, depth, columns, async (run, c) => {
    const agreeing = await kernelsThatAgree(run, c, kernels, bits);
    const times = new Map(agreeing.map((kernel) => [kernel, [] as number[]]));
    for (let round = 0; round < rounds; round++) {
      for (const kernel of agreeing) {
        const start = performance.now();
        for (let i = 0; i < runsPerRound; i++) runProduct(run, kernel);
        await queueIdle();
        times.get(kernel)!.push((performance.now() - start) / runsPerRound);
      }
    }
    return [...times].map(([kernel, found]) => ({ kernel, medianMs: median(found) }));
  });
}

/** What `work` makes of a product of pseudo-random matrices, which are freed after it. */
async function onRandomProduct<T>(
  form: MatmulForm,
  rows: number,
  depth: number,
  columns: number,
  work: (run: MatmulRun, c: tf.Tensor) => Promise<T>,
): Promise<T> {
  const a = randomMatrix(form === 'TN' ? [depth, rows] : [rows, depth], 1);
  const b = randomMatrix(form === 'NT' ? [columns, depth] : [depth, columns], 2);
  const c = allocate<tf.Rank.R2>([rows, columns]);
  try {
    return await work(
      {
        form,
        rows,
        columns,
        depth,
        a: { tensor: a, rowStride: a.shape[1] },
        b: { tensor: b, rowStride: b.shape[1] },
        c: { tensor: c, rowStride: columns },
      },
      c,
    );
  } finally {
    tf.dispose([a, b, c]);
  }
}

/** Runs each kernel once and keeps those that give the first one's product. */
async function kernelsThatAgree(
  run: MatmulRun,
  c: tf.Tensor,
  kernels: readonly MatmulKernel[],
  bits: ProductBits,
): Promise<MatmulKernel[]> {
  const agreeing: MatmulKernel[] = [];
  let wanted: Float32Array | undefined;
  const kind = plainKind(run.form);
  for (const kernel of kernels) {
    // Experimental features change: a kernel that this browser does not take is none.
    if (!(await compiles(kernelKey(kernel, kind), () => kernelCode(kernel, kind)))) continue;
    tf.tidy(() => copyTensor(c, zeros(c.shape))); // a kernel that writes nothing must not pass with another's product
    runProduct(run, kernel);
    const values = await readFresh(c);
    wanted ??= values;
    if (largestDifference(values, wanted) <= kernelTolerance[bits] * largestSize(wanted))
      agreeing.push(kernel);
  }
  return agreeing;
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((largest, value, i) => {
    const off = Math.abs(value - b[i]!);
    return Number.isFinite(off) ? Math.max(largest, off) : Infinity;
  }, 0);
}

function largestSize(values: Float32Array): number {
  return values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
}

function randomMatrix(shape: [number, number], seed: number): tf.Tensor2D {
  const random = makePrng(seed);
  return tf.tensor2d(
    Float32Array.from({ length: shape[0] * shape[1] }, () => random.next() - 0.5),
    shape,
  );
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
