import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { floats, reductionStyles, toTensor } from '../../../test/parity.ts';
import { openTestDevice } from '../../../test/webgpuDevice.ts';
import { readFresh, setReductionStyle } from '../../runtime.ts';
import { clipScale, globalNorm } from './globalNorm.ts';

const device = await openTestDevice();
const tolerance = { atol: 0, rtol: 1e-5 };
const inputs = [floats([3, 5], 1), floats([1], 2, 3), floats([70, 260], 3), floats([64, 64], 4)];
const squares = inputs.flatMap((input) => Array.from(input.values, (x) => x * x));
const norm = Math.sqrt(squares.reduce((sum, square) => sum + square, 0));

async function normAndScale(maxNorm: number): Promise<number[]> {
  const before = tf.memory().numTensors;
  const results = tf.tidy(() => {
    const total = globalNorm(inputs.map((input) => toTensor(input)));
    return [total, clipScale(total, maxNorm)];
  });
  const values = await Promise.all(results.map(async (result) => (await readFresh(result))[0]!));
  tf.dispose(results);
  expect(tf.memory().numTensors).toBe(before);
  return values;
}

test('norm and clipping factor as torch.nn.utils.clip_grad_norm_', async () => {
  await tf.setBackend('cpu');
  expect(await normAndScale(1)).toBeAllClose([norm, 1 / (norm + 1e-6)], tolerance);
  expect(await normAndScale(1e6)).toBeAllClose([norm, 1], tolerance);
});

test('no gradients have norm 0', async () => {
  await tf.setBackend('cpu');
  const none = globalNorm([]);
  expect(await readFresh(none)).toEqual(Float32Array.of(0));
  none.dispose();
});

describe.skipIf(device === null)('on WebGPU', () => {
  test.each(reductionStyles)('kernel = definition with one %s per block', async (style) => {
    await tf.setBackend('webgpu');
    setReductionStyle(style);
    expect(await normAndScale(1)).toBeAllClose([norm, 1 / (norm + 1e-6)], tolerance);
    expect(await normAndScale(1e6)).toBeAllClose([norm, 1], tolerance);
    expect(device!.problem()).toBeUndefined();
  });
});
