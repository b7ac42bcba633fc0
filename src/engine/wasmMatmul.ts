/**
 * Products on tfjs's WASM backend. tfjs hands single matrices to XNNPACK, multiplies batches with a plain loop, and transposed
 * matrices 11 to 13 times as slowly. This takes its place: with kernels of our own (simd/), and where these cannot run, as with
 * threads, with one XNNPACK product per matrix, transposed before.
 */
import * as tf from '@tensorflow/tfjs';
import { simdKernels, type SimdKernels } from './simd/simdModule.ts';
import { addressOf, replaceWasmKernel, type WasmBackend } from './wasmBackend.ts';

type BatchMatMul = (
  a: number,
  aShape: Uint8Array,
  aRank: number,
  b: number,
  bShape: Uint8Array,
  bRank: number,
  transposeA: boolean,
  transposeB: boolean,
  out: number,
) => void;

/** Of a product of batches: `lead` is the shape of both batches, or of the one where the other is a single matrix. */
interface ProductShape {
  readonly lead: readonly number[];
  readonly count: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** Transposed or not. */
interface Forms {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Puts the kernel in tfjs's place. What is not float32 stays tfjs's. */
export function registerMatmul(): void {
  replaceWasmKernel('BatchMatMul', (stock) => {
    let xnnpack: BatchMatMul | undefined;
    return {
      setupFunc(backend) {
        stock.setupFunc?.(backend);
        const { cwrap } = (backend as unknown as WasmBackend).wasm;
        const matrix = ['number', 'array', 'number'];
        xnnpack = cwrap('BatchMatMul', null, [...matrix, ...matrix, 'number', 'number', 'number']);
      },
      kernelFunc(given) {
        const { a, b } = given.inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
        const { transposeA = false, transposeB = false } = given.attrs as unknown as Partial<Forms>;
        const forms = { transposeA, transposeB };
        const shape = productShape(a, b, forms);
        if (shape === undefined) return stock.kernelFunc(given);
        const backend = given.backend as WasmBackend;
        if (shape.k === 0) return zeros(backend, shape);
        const simd = simdKernels(backend.wasm);
        if (simd !== null) return multiplyWithSimd(backend, simd, a, b, forms, shape);
        if (transposeA || transposeB) return multiplyTransposed(backend, a, b, forms);
        const arePairs = shape.count > 1 && hasSameLead(a, b);
        return arePairs ? multiplyEach(backend, xnnpack!, a, b, shape) : stock.kernelFunc(given);
      },
    };
  });
}

/** A sum over nothing: tfjs leaves in it what lay in the memory before. */
function zeros(backend: WasmBackend, { lead, m, n }: ProductShape): tf.TensorInfo {
  const output = backend.makeOutput([...lead, m, n], 'float32');
  backend.typedArrayFromHeap(output).fill(0);
  return output;
}

/** Undefined for what stays tfjs's: other types, no element in the result, batches of different sizes. */
function productShape(a: tf.TensorInfo, b: tf.TensorInfo, forms: Forms): ProductShape | undefined {
  if (a.dtype !== 'float32' || b.dtype !== 'float32') return undefined;
  const [m, k] = lastTwo(a, forms.transposeA);
  const [depth, n] = lastTwo(b, forms.transposeB);
  const [countA, countB] = [a, b].map(({ shape }) => tf.util.sizeFromShape(shape.slice(0, -2))) as [
    number,
    number,
  ];
  if (countA * countB * m * n === 0) return undefined;
  const isCommon = hasSameLead(a, b) || countA === 1 || countB === 1;
  if (k !== depth || !isCommon) return undefined;
  const lead = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return { lead, count: Math.max(countA, countB), m, n, k };
}

function lastTwo({ shape }: tf.TensorInfo, isTransposed: boolean): [number, number] {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return isTransposed ? [columns, rows] : [rows, columns];
}

function hasSameLead(a: tf.TensorInfo, b: tf.TensorInfo): boolean {
  const lead = a.shape.slice(0, -2);
  return a.shape.length === b.shape.length && lead.every((length, i) => length === b.shape[i]);
}

function sizeOf({ shape }: tf.TensorInfo): number {
  return tf.util.sizeFromShape(shape);
}

/** Up to this many rows of A take each weight as it comes; more are worth a copy of B. */
const MOST_FEW_ROWS = 12;

function multiplyWithSimd(
  backend: WasmBackend,
  simd: SimdKernels,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  { transposeA, transposeB }: Forms,
  { lead, count, m, n, k }: ProductShape,
): tf.TensorInfo {
  const output = backend.makeOutput([...lead, m, n], 'float32');
  const [startA, startB, startC] = [addressOf(backend, a), addressOf(backend, b), addressOf(backend, output)];
  // A single matrix is met by all of the other batch.
  const [stepA, stepB] = [sizeOf(a) === m * k ? 0 : 4 * m * k, sizeOf(b) === k * n ? 0 : 4 * k * n];
  const [aRow, aColumn] = transposeA ? [4, 4 * m] : [4 * k, 4];
  const [bRow, bColumn] = transposeB ? [4, 4 * k] : [4 * n, 4];
  const liesAlong = transposeB && !transposeA && k % 4 === 0;
  const areFew = m <= MOST_FEW_ROWS && n >= 4 && liesAlong;
  for (let i = 0; i < count; i++) {
    const [left, right, product] = [startA + i * stepA, startB + i * stepB, startC + 4 * i * m * n];
    if (areFew) simd.multiplyFewRows(left, right, product, m, n, k);
    else simd.multiply(left, right, product, m, n, k, aRow, aColumn, bRow, bColumn);
  }
  return output;
}

function multiplyTransposed(
  backend: WasmBackend,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  { transposeA, transposeB }: Forms,
): tf.TensorInfo {
  const run = (name: string, inputs: Record<string, tf.TensorInfo>, attrs: object): tf.TensorInfo =>
    tf.getKernel(name, 'wasm').kernelFunc({
      inputs,
      backend,
      attrs: attrs as unknown as tf.NamedAttrMap,
    }) as tf.TensorInfo;
  const swapped = (x: tf.TensorInfo): tf.TensorInfo => {
    const order = x.shape.map((_, axis) => axis);
    const perm = [...order.slice(0, -2), x.shape.length - 1, x.shape.length - 2];
    return run('Transpose', { x }, { perm });
  };
  const [left, right] = [transposeA ? swapped(a) : a, transposeB ? swapped(b) : b];
  const product = run('BatchMatMul', { a: left, b: right }, { transposeA: false, transposeB: false });
  if (transposeA) backend.disposeData(left.dataId);
  if (transposeB) backend.disposeData(right.dataId);
  return product;
}

/** a [...,M,K] · b [...,K,N] -> [...,M,N], on views into the batches, so that nothing is copied. */
function multiplyEach(
  backend: WasmBackend,
  multiply: BatchMatMul,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  { lead, count, m, n, k }: ProductShape,
): tf.TensorInfo {
  const output = backend.makeOutput([...lead, m, n], 'float32');
  const [left, right, product] = [
    viewsOf(backend, a, m * k),
    viewsOf(backend, b, k * n),
    viewsOf(backend, output, m * n),
  ];
  const aShape = bytesOf([1, m, k]);
  const bShape = bytesOf([1, k, n]);
  for (let i = 0; i < count; i++) {
    multiply(left.at(i), aShape, 3, right.at(i), bShape, 3, false, false, product.at(i));
    for (const views of [left, right, product]) views.drop();
  }
  return output;
}

/** Matrices of a batch under ids of their own, one at a time: XNNPACK keeps a matrix B in its own form under its id. */
function viewsOf(
  backend: WasmBackend,
  tensor: tf.TensorInfo,
  size: number,
): { at(i: number): number; drop(): void } {
  const start = addressOf(backend, tensor);
  let id = 0;
  return {
    at(i) {
      id = backend.dataIdNextNumber++;
      backend.wasm.tfjs.registerTensor(id, size, start + 4 * i * size);
      return id;
    },
    drop: () => backend.wasm.tfjs.disposeData(id),
  };
}

function bytesOf(shape: readonly number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(shape).buffer);
}
