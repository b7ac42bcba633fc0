import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { evaluate, differences, expectParity, floats } from '../../../test/parity.ts';
import { openTestDevice } from '../../../test/webgpuDevice.ts';
import { setReductionStyle } from '../../runtime.ts';
import { linear } from './linear.ts';
import { linearReference } from './linear.ref.ts';
import { partsFor } from './matmul.ts';

const device = await openTestDevice();
const tolerance = { atol: 2e-6, rtol: 1e-5 };

test('linear is x·Wᵀ with the gradients tfjs derives', async () => {
  const inputs = [floats([5, 6], 1), floats([3, 6], 2)];
  const got = await evaluate('cpu', linear, inputs);
  const wanted = await evaluate('cpu', linearReference, inputs);
  expect(got.value).toBeAllClose(wanted.value, tolerance);
  expect(got.gradients[0]!).toBeAllClose(wanted.gradients[0]!, tolerance);
  expect(got.gradients[1]!).toBeAllClose(wanted.gradients[1]!, tolerance);
  const { claimed, measured } = await differences(linear, inputs, 1);
  expect(claimed).toBeAllClose(measured, { atol: 1e-3, rtol: 1e-3 });
});

describe.skipIf(device === null)('on WebGPU', () => {
  // M, K, N: every tile (8x8, 4x8, 1x8), edges inside and outside tiles, the scalar kernel, single elements.
  test.each([
    [8, 8, 8],
    [64, 32, 64],
    [5, 12, 20],
    [1, 16, 36],
    [3, 4, 4],
    [4, 260, 9],
    [2, 520, 7],
    [67, 20, 76],
    [7, 5, 3],
    [1, 1, 1],
    [65, 33, 66],
    [512, 128, 8],
    [256, 200, 6],
  ])('kernel = reference for [%i,%i]·[%i,...]ᵀ', async (m, k, n) => {
    // Terms are up to 1 in size and cancel: the error grows with their number, not with the sum.
    const atol = 2e-6 + 3e-8 * Math.max(m, k, n);
    await expectParity(linear, [floats([m, k], 1), floats([n, k], 2)], { atol, rtol: 1e-5 });
    expect(device!.problem()).toBeUndefined();
  });

  test('long sums with few results are cut into parts, but not on software adapters', async () => {
    await tf.setBackend('webgpu');
    const view = { tensor: { dataId: {}, shape: [], dtype: 'float32' as const }, rowStride: 1 };
    const run = { form: 'NT' as const, rows: 16, columns: 8, depth: 768, a: view, b: view, c: view };
    setReductionStyle('workgroup');
    expect(partsFor(run)).toBe(8); // 768 / 8 = 96; 16 parts would be shorter than 64
    expect(partsFor({ ...run, rows: 4096, columns: 4096 })).toBe(1);
    expect(partsFor({ ...run, depth: 766 })).toBe(1);
    setReductionStyle('invocation');
    expect(partsFor(run)).toBe(1);
  });

  test('a frozen weight gives the same value and input gradient', async () => {
    const weight = floats([12, 8], 2);
    const x = floats([9, 8], 1);
    const trained = await evaluate('webgpu', linear, [x, weight]);
    const held = tf.tensor2d(weight.values, [12, 8]);
    const frozen = await evaluate('webgpu', (a: tf.Tensor2D) => linear(a, held, { frozen: true }), [x]);
    held.dispose();
    expect(frozen.value).toEqual(trained.value);
    expect(frozen.gradients[0]).toEqual(trained.gradients[0]);
  });

  test('20 forward and backward passes leave no tensors and no GPU errors', async () => {
    await tf.setBackend('webgpu');
    const x = tf.ones<tf.Rank.R2>([16, 8]);
    const w = tf.ones<tf.Rank.R2>([12, 8]);
    const counts = new Set<number>();
    for (let i = 0; i < 20; i++) {
      tf.tidy(() => {
        tf.grads((a, w) => tf.sum(linear(a as tf.Tensor2D, w as tf.Tensor2D)))([x, w]);
      });
      counts.add(tf.memory().numTensors);
    }
    tf.dispose([x, w]);
    expect(counts.size).toBe(1);
    expect(device!.problem()).toBeUndefined();
  });
});
