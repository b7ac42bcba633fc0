import type * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { evaluate, differences, expectParity, floats, toTensor } from '../../../test/parity.ts';
import { openTestDevice } from '../../../test/webgpuDevice.ts';
import { rmsNorm } from './rmsNorm.ts';

const device = await openTestDevice();
const op = (x: tf.Tensor2D, weight: tf.Tensor1D): tf.Tensor2D => rmsNorm(x, weight, 1e-6);

test('rows are divided by their root mean square', async () => {
  const { value } = await evaluate('cpu', op, [
    { shape: [1, 2], values: Float32Array.of(3, 4) },
    { shape: [2], values: Float32Array.of(1, 2) },
  ]);
  const root = Math.sqrt((9 + 16) / 2 + 1e-6);
  expect(value).toBeAllClose([3 / root, 8 / root], { atol: 0, rtol: 1e-6 });
});

test.each([0, 1])('the gradient of input %i is central differences', async (which) => {
  const { claimed, measured } = await differences(op, [floats([3, 8], 1), floats([8], 2)], which);
  expect(claimed).toBeAllClose(measured, { atol: 2e-3, rtol: 2e-3 });
});

describe.skipIf(device === null)('on WebGPU', () => {
  test.each([
    [37, 96],
    [1, 1],
    [3, 7],
    [2, 1028],
    [65, 4],
    [130, 12],
  ])('kernel = reference for [%i,%i]', async (rows, width) => {
    const inputs = [floats([rows, width], 1), floats([width], 2)];
    await expectParity(op, inputs, { atol: 5e-6, rtol: 1e-5 });
    expect(device!.problem()).toBeUndefined();
  });

  test('a frozen weight changes neither value nor input gradient', async () => {
    const inputs = [floats([5, 16], 1), floats([16], 2)];
    const trained = await evaluate('webgpu', op, inputs);
    const weight = toTensor<tf.Rank.R1>(inputs[1]!);
    const frozenOp = (x: tf.Tensor2D): tf.Tensor2D => rmsNorm(x, weight, 1e-6, { frozen: true });
    const frozen = await evaluate('webgpu', frozenOp, [inputs[0]!]);
    weight.dispose();
    expect(frozen.value).toEqual(trained.value);
    expect(frozen.gradients[0]).toEqual(trained.gradients[0]);
  });
});
