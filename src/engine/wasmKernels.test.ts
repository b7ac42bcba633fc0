import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { evaluate, floats } from '../test/parity.ts';
import { openDevice } from './device.ts';
import { attention } from './ops/attention/attention.ts';
import { crossEntropySum } from './ops/crossEntropy/crossEntropy.ts';
import { dropout } from './ops/dropout/dropout.ts';
import { embedding } from './ops/embedding/embedding.ts';
import { geluGate } from './ops/geluGate/geluGate.ts';
import { linear } from './ops/linear/linear.ts';
import { relativeBias } from './ops/relativeBias/relativeBias.ts';
import { rmsNorm } from './ops/rmsNorm/rmsNorm.ts';

const device = await openDevice('wasm');

/** Every op of a training step, chained: a one-layer decoder over 2 sequences of 4 tokens. */
function miniModel(
  table: tf.Tensor2D,
  norm: tf.Tensor1D,
  weight: tf.Tensor2D,
  biasTable: tf.Tensor2D,
  head: tf.Tensor2D,
): tf.Scalar {
  const ids = tf.tensor1d([1, 4, 2, 1, 0, 3, 3, 4], 'int32');
  const labels = tf.tensor1d([4, 2, 1, -100, 3, 3, 4, -100], 'int32');
  const buckets = tf.tensor1d([0, 1, 2, 2, 1, 0, 1, 2, 2, 1, 0, 1, 2, 2, 1, 0], 'int32');
  const sizes = { batch: 2, heads: 2, queryLength: 4, keyLength: 4 };
  const x = rmsNorm(dropout(embedding(table, ids), 0.2, 3), norm, 1e-6);
  const query = linear(x, weight);
  const context = attention(
    { query, key: x, value: x },
    {
      ...sizes,
      bias: relativeBias(biasTable, buckets, 4, 4),
      keyMask: tf.tensor2d([1, 1, 1, 0, 1, 1, 1, 1], [2, 4], 'int32'),
      causal: true,
      dropoutRate: 0.1,
      seed: 8,
    },
  );
  return crossEntropySum(linear(geluGate(context, query), head), labels);
}

const inputs = [floats([5, 8], 1), floats([8], 2), floats([8, 8], 3), floats([3, 2], 4), floats([6, 8], 5)];

test('a chain of all training ops gives the same loss and gradients on WASM as on the CPU backend', async () => {
  expect(device.name).toMatch(/^WASM, \d+ threads?$/);
  const wasm = await evaluate('wasm', miniModel, inputs);
  const cpu = await evaluate('cpu', miniModel, inputs);
  expect(wasm.value).toBeAllClose(cpu.value, { atol: 0, rtol: 1e-5 });
  for (const [i, gradient] of cpu.gradients.entries()) {
    expect(wasm.gradients[i]!).toBeAllClose(gradient, { atol: 2e-6, rtol: 1e-4 });
  }
});

test('segments outside the range are left out', async () => {
  await tf.setBackend('wasm');
  const sums = tf.tidy(() =>
    tf.unsortedSegmentSum(tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]), tf.tensor1d([1, -1, 1], 'int32'), 3),
  );
  expect(await sums.data()).toEqual(Float32Array.of(0, 0, 6, 8, 0, 0));
  sums.dispose();
});

test('a clone shares memory, and each of the two outlives the other', async () => {
  await tf.setBackend('wasm');
  const heap = tf.backend() as unknown as { refCount(dataId: object): number; numDataIds(): number };
  const before = heap.numDataIds();
  for (const first of [0, 1]) {
    const x = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    const pair = [x, tf.clone(x)] as const;
    expect(pair[1].dataId).toBe(x.dataId);
    expect(heap.refCount(x.dataId)).toBe(2);
    pair[first]!.dispose();
    expect([...pair[1 - first]!.dataSync()]).toEqual([1, 2, 3, 4]);
    pair[1 - first]!.dispose();
  }
  expect(heap.numDataIds()).toBe(before);
});
