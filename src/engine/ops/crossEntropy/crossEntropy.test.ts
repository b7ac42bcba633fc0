import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import {
  evaluate,
  differences,
  expectParity,
  floats,
  reductionStyles,
  toTensor,
} from '../../../test/parity.ts';
import { openTestDevice } from '../../../test/webgpuDevice.ts';
import { gpuBytesInUse } from '../../memory.ts';
import { readFresh, setReductionStyle } from '../../runtime.ts';
import { crossEntropySum, tokenLosses } from './crossEntropy.ts';

const device = await openTestDevice();
const tolerance = { atol: 2e-6, rtol: 1e-5 };

function labelsFor(rows: number, vocabSize: number): number[] {
  return Array.from({ length: rows }, (_, row) => (row % 5 === 4 ? -100 : (row * 37) % vocabSize));
}

function lossOf(labels: number[]) {
  return (logits: tf.Tensor2D): tf.Scalar => crossEntropySum(logits, tf.tensor1d(labels, 'int32'));
}

/** -log softmax(logits)[label], in double precision. */
function plainLosses(logits: ArrayLike<number>, vocabSize: number, labels: number[]): number[] {
  return labels.map((label, row) => {
    if (label < 0) return 0;
    const scores = Array.from({ length: vocabSize }, (_, i) => logits[row * vocabSize + i]!);
    const highest = Math.max(...scores);
    return highest + Math.log(scores.reduce((sum, s) => sum + Math.exp(s - highest), 0)) - scores[label]!;
  });
}

test('the sum over learned tokens of -log softmax', async () => {
  const logits = floats([7, 9], 1, 5);
  const labels = labelsFor(7, 9);
  const { value, gradients } = await evaluate('cpu', lossOf(labels), [logits]);
  const losses = plainLosses(logits.values, 9, labels);
  expect(value).toBeAllClose([losses.reduce((a, b) => a + b)], { atol: 0, rtol: 1e-6 });
  expect(gradients[0]!.slice(4 * 9, 5 * 9).every((g) => g === 0)).toBe(true); // the -100 row
  const { claimed, measured } = await differences(lossOf(labels), [logits], 0);
  expect(claimed).toBeAllClose(measured, { atol: 2e-3, rtol: 2e-3 });
});

describe.skipIf(device === null)('on WebGPU', () => {
  test.each([
    [24, 1000],
    [1, 2],
    [7, 5],
    [70, 33],
    [2, 2052],
  ])('kernel = reference for [%i,%i]', async (rows, vocabSize) => {
    await expectParity(lossOf(labelsFor(rows, vocabSize)), [floats([rows, vocabSize], 1, 4)], tolerance);
    expect(device!.problem()).toBeUndefined();
  });

  test.each(reductionStyles)('large logits keep their precision, one %s per row', async (style) => {
    await tf.setBackend('webgpu');
    setReductionStyle(style);
    const logits = { shape: [1, 4], values: Float32Array.of(1e4, -1e4, 0, 9999) };
    const { value, gradients } = await evaluate('webgpu', lossOf([3]), [logits]);
    expect(value).toBeAllClose(plainLosses(logits.values, 4, [3]), { atol: 0, rtol: 1e-6 });
    const share = 1 / (1 + Math.E); // of the label
    const weight = floats([], 7).values[0]!;
    const slopes = [1 - share, 0, 0, share - 1].map((slope) => slope * weight);
    expect(gradients[0]!).toBeAllClose(slopes, { atol: 1e-7, rtol: 1e-6 });
  });

  test('token losses = plain sums, in both reduction styles', async () => {
    await tf.setBackend('webgpu');
    const labels = labelsFor(11, 40);
    const input = floats([11, 40], 3, 4);
    const wanted = plainLosses(input.values, 40, labels);
    for (const style of reductionStyles) {
      setReductionStyle(style);
      const losses = tf.tidy(() => tokenLosses(toTensor(input), tf.tensor1d(labels, 'int32')));
      expect(await readFresh(losses)).toBeAllClose(wanted, { atol: 1e-6, rtol: 1e-5 });
      losses.dispose();
    }
  });

  test('the gradient takes no second buffer of logits, unless something else holds them', async () => {
    await tf.setBackend('webgpu');
    const labels = tf.tensor1d(labelsFor(16, 4096), 'int32');
    const logits = toTensor<tf.Rank.R2>(floats([16, 4096], 1));
    const kept = tf.clone(logits);
    const lossAndUse = (x: tf.Tensor): tf.Scalar => crossEntropySum(x as tf.Tensor2D, labels);
    const shared = tf.grad(lossAndUse)(logits);
    const before = await readFresh(kept);
    expect(before).toEqual(floats([16, 4096], 1).values);
    kept.dispose();
    const bytes = gpuBytesInUse();
    const alone = tf.grad(lossAndUse)(logits);
    expect(gpuBytesInUse() - bytes).toBeLessThan(logits.size * 4);
    expect(await readFresh(alone)).toEqual(await readFresh(shared));
    tf.dispose([labels, logits, shared, alone]);
    expect(device!.problem()).toBeUndefined();
  });
});
