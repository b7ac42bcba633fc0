import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { evaluate, floats, toTensor } from '../../../test/parity.ts';
import { openTestDevice } from '../../../test/webgpuDevice.ts';
import { gpuBytes, purgePool } from '../../memory.ts';
import { readFresh } from '../../runtime.ts';
import { linear } from '../linear/linear.ts';
import { crossEntropySum, tokenLosses } from './crossEntropy.ts';
import { headLossSum, headTokenLosses } from './headLoss.ts';

const device = await openTestDevice();
const backends = device === null ? (['cpu', 'wasm'] as const) : (['cpu', 'wasm', 'webgpu'] as const);
await openWasm();

async function openWasm(): Promise<void> {
  const { openDevice } = await import('../../device.ts');
  await openDevice('wasm');
}

function labelsOf(rows: number, vocabSize: number): tf.Tensor1D {
  const labels = Array.from({ length: rows }, (_, i) => (i % 4 === 2 ? -100 : (i * 29) % vocabSize));
  return tf.tensor1d(labels, 'int32');
}

describe.each(backends)('on %s', (backend) => {
  test.each([
    [13, 8, 36, 5, 1],
    [16, 4, 12, 8, 0.5],
    [3, 8, 7, 1, 1],
    [9, 6, 10, 100, 6 ** -0.5],
  ])(
    '%i rows of %i over %i words, %i at once, scale %f: as all at once',
    async (rows, width, words, rowsAtOnce, scale) => {
      const inputs = [floats([rows, width], 1, 2), floats([words, width], 2)];
      const whole = (states: tf.Tensor2D, head: tf.Tensor2D): tf.Scalar =>
        crossEntropySum(linear(tf.mul(states, scale), head), labelsOf(rows, words));
      const chunked = (states: tf.Tensor2D, head: tf.Tensor2D): tf.Scalar =>
        headLossSum(states, head, labelsOf(rows, words), { scale, rowsAtOnce });
      const wanted = await evaluate(backend, whole, inputs);
      const got = await evaluate(backend, chunked, inputs);
      expect(got.value).toBeAllClose(wanted.value, { atol: 0, rtol: 1e-6 });
      const tolerance = { atol: 1e-6, rtol: 1e-6 }; // of gradients around 1
      expect(got.gradients[0]!).toBeAllClose(wanted.gradients[0]!, tolerance);
      expect(got.gradients[1]!).toBeAllClose(wanted.gradients[1]!, tolerance);
    },
  );

  test('a frozen head gets no gradient, the states the same one', async () => {
    const states = floats([13, 8], 1);
    const headInput = floats([20, 8], 2);
    const op = (frozen: boolean) => (x: tf.Tensor2D) =>
      headLossSum(x, toTensor<tf.Rank.R2>(headInput), labelsOf(13, 20), { frozen, rowsAtOnce: 8 });
    const frozen = await evaluate(backend, op(true), [states]);
    expect(frozen).toEqual(await evaluate(backend, op(false), [states]));
  });

  test('losses of tokens are those of their logits, and their sum is the loss without a tape', async () => {
    await tf.setBackend(backend);
    const found = tf.tidy(() => {
      const states = toTensor<tf.Rank.R2>(floats([13, 8], 1));
      const head = toTensor<tf.Rank.R2>(floats([20, 8], 2));
      const labels = labelsOf(13, 20);
      return {
        chunked: headTokenLosses(states, head, labels, { rowsAtOnce: 5, scale: 2 }),
        whole: tokenLosses(linear(tf.mul(states, 2), head), labels),
        sum: headLossSum(states, head, labels, { rowsAtOnce: 5, scale: 2 }),
      };
    });
    const whole = await readFresh(found.whole);
    expect(await readFresh(found.chunked)).toBeAllClose(whole, { atol: 1e-7, rtol: 1e-6 });
    const total = whole.reduce((a, b) => a + b);
    expect(await readFresh(found.sum)).toBeAllClose([total], { atol: 0, rtol: 1e-6 });
    tf.dispose([found.chunked, found.whole, found.sum]);
  });
});

describe.each(backends)('label smoothing on %s', (backend) => {
  const smoothing = 0.1;
  const [rows, width, words] = [9, 6, 12];
  const inputs = [floats([rows, width], 1, 2), floats([words, width], 2)];

  /** (1 - ε)·(-log p[label]) + ε·mean(-log p), summed over learned tokens, in double precision. */
  function plainSum(states: ArrayLike<number>, head: ArrayLike<number>): number {
    let sum = 0;
    for (let row = 0; row < rows; row++) {
      if (row % 4 === 2) continue;
      const logits = Array.from({ length: words }, (_, word) =>
        Array.from({ length: width }, (__, k) => states[row * width + k]! * head[word * width + k]!).reduce(
          (a, b) => a + b,
        ),
      );
      const logSum = Math.log(logits.reduce((total, x) => total + Math.exp(x), 0));
      const mean = logits.reduce((total, x) => total + (logSum - x), 0) / words;
      sum += (1 - smoothing) * (logSum - logits[(row * 29) % words]!) + smoothing * mean;
    }
    return sum;
  }

  test('value and gradients are those of the formula, in one chunk and in several', async () => {
    const slope = (which: 0 | 1, at: number): number => {
      const moved = (step: number): number => {
        const parts = inputs.map(({ values }) => Float64Array.from(values));
        parts[which]![at]! += step;
        return plainSum(parts[0]!, parts[1]!);
      };
      return (moved(1e-5) - moved(-1e-5)) / 2e-5;
    };
    for (const rowsAtOnce of [4, 100]) {
      const op = (states: tf.Tensor2D, head: tf.Tensor2D): tf.Scalar =>
        headLossSum(states, head, labelsOf(rows, words), { smoothing, rowsAtOnce });
      const { value, gradients } = await evaluate(backend, op, inputs);
      expect(value).toBeAllClose([plainSum(inputs[0]!.values, inputs[1]!.values)], { atol: 0, rtol: 1e-6 });
      const weight = floats([], 7).values[0]!; // what `evaluate` multiplies the value with
      for (const which of [0, 1] as const) {
        const wanted = Array.from(inputs[which]!.values, (_, at) => weight * slope(which, at));
        expect(gradients[which]!).toBeAllClose(wanted, { atol: 2e-6, rtol: 1e-5 });
      }
    }
  });

  test('losses of tokens are seen once, and their sum is the value', async () => {
    await tf.setBackend(backend);
    const seen: tf.Scalar[] = [];
    const states = toTensor<tf.Rank.R2>(inputs[0]!);
    const head = toTensor<tf.Rank.R2>(inputs[1]!);
    const labels = labelsOf(rows, words);
    const { value, grads } = tf.valueAndGrads((x: tf.Tensor, y: tf.Tensor) =>
      headLossSum(x as tf.Tensor2D, y as tf.Tensor2D, labels, {
        smoothing,
        rowsAtOnce: 4,
        onTokenLosses: (losses) => seen.push(tf.keep(tf.sum(losses))),
      }),
    )([states, head]);
    expect(seen.length).toBe(1);
    expect(await readFresh(seen[0]!)).toBeAllClose(await readFresh(value), { atol: 0, rtol: 1e-6 });
    tf.dispose([value, ...grads, ...seen, states, head, labels]);
  });
});

test.skipIf(device === null)('no more logits exist than one chunk has', async () => {
  await tf.setBackend('webgpu');
  const rows = 256;
  const words = 4096;
  const width = 16;
  const states = toTensor<tf.Rank.R2>(floats([rows, width], 1));
  const head = toTensor<tf.Rank.R2>(floats([words, width], 2));
  const labels = labelsOf(rows, words);
  const grow = (rowsAtOnce: number): number => {
    purgePool();
    const before = gpuBytes();
    tf.dispose(
      tf.grad((x) => headLossSum(x as tf.Tensor2D, head, labels, { frozen: true, rowsAtOnce }))(states),
    );
    return gpuBytes() - before;
  };
  const logitsBytes = 4 * rows * words;
  expect(grow(rows)).toBeGreaterThan(logitsBytes);
  expect(grow(32)).toBeLessThan(logitsBytes / 3);
  tf.dispose([states, head, labels]);
  expect(device!.problem()).toBeUndefined();
});
