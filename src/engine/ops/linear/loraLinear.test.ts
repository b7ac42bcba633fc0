import * as tf from '@tensorflow/tfjs';
import { afterEach, describe, expect, test } from 'vitest';
import { differences, evaluate, expectParity, floats, type Input } from '../../../test/parity.ts';
import { openTestDevice } from '../../../test/webgpuDevice.ts';
import { uploadFrozen } from '../../weights.ts';
import { linear } from './linear.ts';
import { linearEndReference, loraLinearReference } from './linear.ref.ts';
import { loraLinear, type LowRank } from './loraLinear.ts';

const device = await openTestDevice();
const part = { factor: 1.5, dropoutRate: 0, seed: 5 };

/** The weights of a test, made on the processor; tfjs moves them to the backend that uses them. */
const held: tf.Tensor[] = [];
afterEach(() => tf.dispose(held.splice(0)));

async function hold({ shape, values }: Input): Promise<tf.Tensor2D> {
  await tf.setBackend('cpu');
  const matrix = tf.tensor2d(values.slice(), shape as [number, number]);
  held.push(matrix);
  return matrix;
}

/** The op of x, A, B and a residual, with that weight. */
function withWeight(weight: tf.Tensor2D, rest: Omit<LowRank, 'a' | 'b'>, reference: boolean, relu = false) {
  return (x: tf.Tensor2D, a: tf.Tensor2D, b: tf.Tensor2D, residual?: tf.Tensor2D): tf.Tensor2D => {
    const run = reference ? loraLinearReference : loraLinear;
    return run(x, weight, { a, b, ...rest }, relu ? { relu } : { residual });
  };
}

const inputsOf = (m: number, k: number, n: number, r: number) => [
  floats([m, k], 1),
  floats([r, k], 3),
  floats([n, r], 4),
  floats([m, n], 5),
];

test.each([0, 0.3])('value and gradients are those of the definition, dropout %d', async (dropoutRate) => {
  const inputs = inputsOf(5, 6, 3, 2);
  const weight = await hold(floats([3, 6], 2));
  const rest = { ...part, dropoutRate };
  const got = await evaluate('cpu', withWeight(weight, rest, false), inputs);
  const wanted = await evaluate('cpu', withWeight(weight, rest, true), inputs);
  expect(got.value).toBeAllClose(wanted.value, { atol: 2e-6, rtol: 1e-5 });
  for (const [i, gradient] of got.gradients.entries()) {
    expect(gradient).toBeAllClose(wanted.gradients[i]!, { atol: 4e-6, rtol: 1e-5 });
  }
  for (const which of [0, 1, 2, 3]) {
    const { claimed, measured } = await differences(withWeight(weight, rest, false), inputs, which);
    expect(claimed).toBeAllClose(measured, { atol: 2e-3, rtol: 2e-3 });
  }
});

test('with a ReLU: the gradients of the definition', async () => {
  const inputs = inputsOf(5, 6, 3, 2).slice(0, 3);
  const weight = await hold(floats([3, 6], 2));
  const got = await evaluate('cpu', withWeight(weight, part, false, true), inputs);
  const wanted = await evaluate('cpu', withWeight(weight, part, true, true), inputs);
  expect(got.value).toBeAllClose(wanted.value, { atol: 2e-6, rtol: 1e-5 });
  for (const [i, gradient] of got.gradients.entries()) {
    expect(gradient).toBeAllClose(wanted.gradients[i]!, { atol: 4e-6, rtol: 1e-5 });
  }
});

describe.skipIf(device === null)('on WebGPU', () => {
  // M, K, N, R: tiles, edges, the scalar kernel, few rows, ranks that are no multiple of 4, sums cut into parts.
  test.each([
    [16, 8, 24, 4],
    [13, 20, 12, 8],
    [3, 16, 12, 4],
    [9, 12, 8, 3],
    [6, 5, 7, 2],
    [1, 4, 4, 1],
    [16, 256, 8, 4],
  ])('kernel = reference for [%i,%i]·[%i,…]ᵀ with rank %i and a residual', async (m, k, n, r) => {
    const weight = await hold(floats([n, k], 2));
    const atol = 4e-6 + 1e-7 * Math.max(m, k, n);
    await expectParity(withWeight(weight, part, false), inputsOf(m, k, n, r), { atol, rtol: 1e-5 });
    expect(device!.problem()).toBeUndefined();
  });

  test('without a residual, with dropout, with a ReLU, ranks that fit and do not', async () => {
    const tolerance = { atol: 6e-6, rtol: 1e-5 };
    for (const r of [4, 2]) {
      const inputs = inputsOf(9, 8, 12, r).slice(0, 3);
      const weight = () => hold(floats([12, 8], 2));
      const dropped = { ...part, dropoutRate: 0.4 };
      await expectParity(withWeight(await weight(), dropped, false), inputs, tolerance);
      await expectParity(withWeight(await weight(), part, false, true), inputs, tolerance);
    }
    expect(device!.problem()).toBeUndefined();
  });

  test('a packed weight gives what its numbers give', async () => {
    await tf.setBackend('webgpu');
    const values = (floats([12, 8], 2).values as Float32Array).map((value) => Math.round(value * 64) / 64);
    const packed = uploadFrozen('w', [12, 8], values, 'auto') as tf.Tensor2D;
    const inputs = inputsOf(9, 8, 12, 4);
    const run = (x: tf.Tensor2D, a: tf.Tensor2D, b: tf.Tensor2D, residual: tf.Tensor2D) =>
      loraLinear(x, packed, { a, b, ...part }, { residual });
    const got = await evaluate('webgpu', run, inputs);
    const wanted = await evaluate(
      'cpu',
      withWeight(await hold({ shape: [12, 8], values }), part, true),
      inputs,
    );
    expect(got.value).toBeAllClose(wanted.value, { atol: 4e-6, rtol: 1e-5 });
    for (const [i, gradient] of got.gradients.entries()) {
      expect(gradient).toBeAllClose(wanted.gradients[i]!, { atol: 6e-6, rtol: 1e-5 });
    }
    await tf.setBackend('webgpu');
    packed.dispose();
    expect(device!.problem()).toBeUndefined();
  });

  test.each([
    [8, 16, 24],
    [5, 7, 9],
    [2, 8, 6],
    [8, 512, 4],
  ])('linear with a residual, and with a ReLU, for [%i,%i]·[%i,…]ᵀ', async (m, k, n) => {
    const tolerance = { atol: 4e-6 + 1e-7 * k, rtol: 1e-5 };
    const xw = [floats([m, k], 1), floats([n, k], 2)];
    const withResidual = (x: tf.Tensor2D, w: tf.Tensor2D, residual: tf.Tensor2D) =>
      linear(x, w, { residual });
    const wanted = await evaluate('cpu', linearEndReference, [...xw, floats([m, n], 3)]);
    const got = await expectParity(withResidual, [...xw, floats([m, n], 3)], tolerance);
    expect(got.value).toBeAllClose(wanted.value, tolerance);
    for (const [i, gradient] of got.gradients.entries()) {
      expect(gradient).toBeAllClose(wanted.gradients[i]!, tolerance);
    }
    await expectParity((x: tf.Tensor2D, w: tf.Tensor2D) => linear(x, w, { relu: true }), xw, tolerance);
    expect(device!.problem()).toBeUndefined();
  });
});
