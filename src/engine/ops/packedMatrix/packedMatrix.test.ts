import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { evaluate, floats, toTensor, type Input } from '../../../test/parity.ts';
import { openTestDevice } from '../../../test/webgpuDevice.ts';
import { halfToFloats } from '../../../lib/halfFloats.ts';
import { setReductionStyle } from '../../runtime.ts';
import { copyToVariable, readWeight, uploadFrozen, weightBytes } from '../../weights.ts';
import { embedding } from '../embedding/embedding.ts';
import { linear } from '../linear/linear.ts';
import { packBytes, unpackValues } from './packValues.ts';
import { matrixShape, storeOf } from './packedForm.ts';

const device = await openTestDevice();

/** Irregular values that are halves exactly, some of them subnormal. */
function halves(shape: [number, number], seed: number): Input {
  const values = floats(shape, seed).values as Float32Array;
  const bits = Uint16Array.from(values, (value, i) =>
    i % 7 === 0 ? Math.floor(Math.abs(value) * 1023) : 0x3000 + Math.floor(value * 0x7ff),
  );
  const signed = halfToFloats(bits).map((value, i) => (values[i]! < 0 ? -value : value));
  return { shape, values: signed };
}

test('bytes of a row are within half a step of its largest value, and zeros stay zeros', () => {
  const values = floats([3, 8], 1).values as Float32Array;
  values.fill(0, 8, 16);
  const words = packBytes(values, 3, 8)!;
  const found = unpackValues(words, { store: 'i8', rows: 3, columns: 8 });
  expect(found.slice(8, 16)).toEqual(new Float32Array(8));
  for (const row of [0, 2]) {
    const wanted = values.slice(row * 8, row * 8 + 8);
    const step = Math.max(...wanted.map(Math.abs)) / 127;
    expect(found.slice(row * 8, row * 8 + 8)).toBeAllClose(wanted, { atol: 0.5001 * step, rtol: 0 });
  }
  expect(packBytes(Float32Array.of(1, 2, NaN, 4), 1, 4)).toBeNull();
});

describe.skipIf(device === null)('on WebGPU', () => {
  beforeAll(() => tf.setBackend('webgpu'));
  afterEach(() => setReductionStyle('invocation'));
  const noGpuError = () => expect(device!.problem()).toBeUndefined();

  const upload = ({ shape, values }: Input, precision: 'auto' | 'f16' | 'i8', name = 'a.weight') =>
    uploadFrozen(name, shape, values as Float32Array, precision) as tf.Tensor2D;

  test('halves come back bit by bit: read, unpacked, as rows of an embedding', async () => {
    const input = halves([6, 12], 1);
    const matrix = upload(input, 'auto');
    expect(storeOf(matrix)).toBe('f16');
    expect(matrixShape(matrix)).toEqual([6, 12]);
    expect(weightBytes(new Map([['a', matrix]]))).toBe(6 * 12 * 2);
    expect(await readWeight(matrix)).toEqual(input.values);
    const variable = copyToVariable(matrix);
    expect(variable.shape).toEqual([6, 12]);
    expect(await readWeight(variable)).toEqual(input.values);
    const rows = tf.tidy(() => embedding(matrix, tf.tensor1d([5, 0, 5], 'int32'), { frozen: true }));
    const values = input.values as Float32Array;
    const wanted = [5, 0, 5].flatMap((id) => Array.from(values.slice(id * 12, id * 12 + 12)));
    expect([...(await rows.data())]).toEqual(wanted);
    tf.dispose([matrix, variable, rows]);
    noGpuError();
  });

  test('8 bits come back as the processor unpacks them', async () => {
    const input = floats([5, 8], 3);
    const matrix = upload(input, 'i8');
    const known = await readWeight(matrix);
    expect(known).toBeAllClose(input.values, { atol: 0.004, rtol: 0 });
    const variable = copyToVariable(matrix);
    expect(await readWeight(variable)).toBeAllClose(known, { atol: 0, rtol: 3e-7 });
    tf.dispose([matrix, variable]);
    noGpuError();
  });

  test('what does not fit stays in 32 bits: inexact halves unless asked for, large values, odd widths, biases', () => {
    const inexact = { shape: [2, 4], values: Float32Array.of(0.1, 1, 1, 1, 1, 1, 1, 1) };
    const large = { shape: [1, 4], values: Float32Array.of(70000, 1, 1, 1) };
    const odd = { shape: [2, 6], values: new Float32Array(12) };
    const bias = 'encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight';
    const tensors = [
      upload(inexact, 'auto'),
      upload(inexact, 'f16'),
      upload(large, 'f16'),
      upload(odd, 'f16'),
      upload({ shape: [2, 4], values: new Float32Array(8) }, 'f16', bias),
    ];
    expect(tensors.map(storeOf)).toEqual(['f32', 'f16', 'f32', 'f32', 'f32']);
    tf.dispose(tensors);
  });

  // Rows, depth and columns: each tile, the scalar kernel (columns odd), the kernel for few rows, cut sums.
  test.each([
    [24, 32, 16],
    [5, 12, 20],
    [2, 16, 36],
    [3, 8, 7],
    [67, 20, 74],
    [9, 512, 8],
  ])('linear with [%i,%i]·[%i,…]ᵀ packed = the same numbers unpacked', async (m, k, n) => {
    const x = floats([m, k], 1);
    const atol = 2e-6 + 3e-8 * Math.max(m, k, n);
    for (const precision of ['auto', 'i8'] as const) {
      for (const style of ['invocation', 'workgroup'] as const) {
        await tf.setBackend('webgpu');
        setReductionStyle(style);
        const matrix = upload(halves([n, k], 2), precision);
        expect(storeOf(matrix)).toBe(precision === 'i8' ? 'i8' : 'f16');
        const values = await readWeight(matrix);
        const got = await evaluate('webgpu', (a: tf.Tensor2D) => linear(a, matrix, { frozen: true }), [x]);
        matrix.dispose();
        await tf.setBackend('cpu');
        const plain = toTensor<tf.Rank.R2>({ shape: [n, k], values });
        const wanted = await evaluate('cpu', (a: tf.Tensor2D) => linear(a, plain, { frozen: true }), [x]);
        plain.dispose();
        expect(got.value).toBeAllClose(wanted.value, { atol, rtol: 1e-5 });
        expect(got.gradients[0]!).toBeAllClose(wanted.gradients[0]!, { atol, rtol: 1e-5 });
      }
    }
    await tf.setBackend('webgpu');
    noGpuError();
  });
});
