import { setFlagsFromString } from 'node:v8';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { floats } from '../test/parity.ts';
import type { SimdKernels } from './simd/simdModule.ts';
import { wasmBackend, type EmscriptenModule } from './wasmBackend.ts';

// Node 20 has relaxed SIMD behind a flag; later ones have it without, and pass over the flag.
setFlagsFromString('--experimental-wasm-relaxed-simd');
const simd = await import('./simd/simdModule.ts');
const { openDevice } = await import('./device.ts');
await openDevice('wasm');

interface Backend {
  numDataIds(): number;
  wasm: { HEAPU8: Uint8Array };
}
const backend = () => tf.backend() as unknown as Backend;

type Flags = readonly [transposeA: boolean, transposeB: boolean];
const forms: Record<string, Flags> = {
  NN: [false, false],
  NT: [false, true],
  TN: [true, false],
  TT: [true, true],
};

/** Batch of A, batch of B, rows, depth, columns: 1, odd ones, whole tiles of 6 by 8, blocks of 120 by 512, 256 deep, and more. */
const sizes: readonly (readonly [countA: number, countB: number, m: number, k: number, n: number])[] = [
  [1, 1, 1, 1, 1],
  [1, 1, 1, 7, 5],
  [1, 1, 4, 33, 18],
  [1, 1, 1, 64, 4],
  [1, 1, 5, 16, 9],
  [1, 1, 12, 260, 30],
  [1, 1, 6, 16, 8],
  [1, 1, 13, 33, 23],
  [1, 1, 120, 256, 8],
  [1, 1, 6, 256, 512],
  [1, 1, 127, 300, 11],
  [1, 1, 14, 300, 521],
  [1, 1, 2, 600, 17],
  [3, 3, 5, 7, 2],
  [6, 6, 8, 64, 12],
  [4, 1, 3, 5, 6],
  [1, 4, 7, 5, 6],
];

/** Sums in double precision. */
function plainProduct(
  [countA, countB, m, k, n]: (typeof sizes)[number],
  [transposeA, transposeB]: Flags,
  a: Float32Array,
  b: Float32Array,
): number[] {
  const count = Math.max(countA, countB);
  return Array.from({ length: count * m * n }, (_, at) => {
    const [i, row, column] = [Math.floor(at / (m * n)), Math.floor(at / n) % m, at % n];
    const [startA, startB] = [countA === 1 ? 0 : i * m * k, countB === 1 ? 0 : i * k * n];
    let sum = 0;
    for (let step = 0; step < k; step++) {
      const left = a[startA + (transposeA ? step * m + row : row * k + step)]!;
      sum += left * b[startB + (transposeB ? column * k + step : step * n + column)]!;
    }
    return sum;
  });
}

/** The product that tfjs gives, and the plain one. */
function products(size: (typeof sizes)[number], flags: Flags): [got: Float32Array, wanted: number[]] {
  const [countA, countB, m, k, n] = size;
  const a = floats([countA, ...(flags[0] ? [k, m] : [m, k])], 1);
  const b = floats([countB, ...(flags[1] ? [n, k] : [k, n])], 2);
  const product = tf.tidy(() =>
    tf.matMul(tf.tensor(a.values, a.shape), tf.tensor(b.values, b.shape), ...flags),
  );
  expect(product.shape).toEqual([Math.max(countA, countB), m, n]);
  const got = product.dataSync<'float32'>();
  product.dispose();
  return [got, plainProduct(size, flags, a.values as Float32Array, b.values as Float32Array)];
}

const versions = [
  ['fused kernels', 'fused'],
  ['kernels without relaxed SIMD', 'plain'],
  ['XNNPACK', 'none'],
] as const;

describe.each(versions)('%s', (_, version) => {
  const isMissing = version === 'fused' && !simd.hasRelaxedSimd();
  beforeEach(({ skip }) => {
    if (isMissing) skip('This version of Node has no relaxed SIMD.');
    const { simdKernels } = simd;
    const opened = new Map<EmscriptenModule, SimdKernels | null>();
    vi.spyOn(simd, 'simdKernels').mockImplementation((module) => {
      if (version === 'none') return null;
      if (version === 'fused') return simdKernels(module);
      if (!opened.has(module)) opened.set(module, simd.openSimdKernels(module, { isFused: false }));
      return opened.get(module)!;
    });
  });
  afterEach(() => void vi.restoreAllMocks());

  test.each(sizes)('batches of %i and %i, rows %i, depth %i, columns %i', (...size) => {
    for (const flags of Object.values(forms)) {
      const [got, wanted] = products(size, flags);
      expect(got).toBeAllClose(wanted, { atol: 5e-7 + 1e-7 * size[3], rtol: 0 });
    }
  });

  test('what is not finite stays in its rows and columns', () => {
    const values = new Float32Array(7 * 9).fill(1);
    values[0] = NaN;
    values[9] = Infinity;
    const product = tf.tidy(() =>
      tf.matMul<tf.Tensor2D>(tf.tensor2d(values, [7, 9]), tf.ones([9, 10])).arraySync(),
    );
    expect(product[0]).toEqual(Array.from({ length: 10 }, () => NaN));
    expect(product[1]).toEqual(Array.from({ length: 10 }, () => Infinity));
    expect(product.slice(2).flat()).toEqual(Array.from({ length: 50 }, () => 9));
  });

  test('no tensor, view or memory stays behind', () => {
    const flags = forms['TT']!;
    const [first] = products([6, 6, 8, 64, 12], flags);
    const before = [tf.memory().numTensors, backend().numDataIds(), backend().wasm.HEAPU8.length];
    for (let i = 0; i < 200; i++) expect(products([6, 6, 8, 64, 12], flags)[0]).toEqual(first);
    expect([tf.memory().numTensors, backend().numDataIds(), backend().wasm.HEAPU8.length]).toEqual(before);
  });

  test('the heap may grow between products', () => {
    const [first] = products([1, 1, 13, 33, 23], forms['NN']!);
    const before = backend().wasm.HEAPU8.length;
    const large = tf.zeros([before / 4]);
    expect(backend().wasm.HEAPU8.length).toBeGreaterThan(before);
    expect(products([1, 1, 13, 33, 23], forms['NN']!)[0]).toEqual(first);
    large.dispose();
  });

  test('products of nothing are empty or zero', () => {
    expect(tf.matMul(tf.zeros([0, 3]), tf.zeros([3, 2])).shape).toEqual([0, 2]);
    expect([...tf.matMul(tf.zeros([2, 0]), tf.zeros([0, 2])).dataSync()]).toEqual([0, 0, 0, 0]);
  });
});

test('the kernels of our own are what runs here, and fused ones where the engine has them', () => {
  const kernels = simd.simdKernels(wasmBackend().wasm);
  expect(kernels?.isFused).toBe(simd.hasRelaxedSimd());
});
