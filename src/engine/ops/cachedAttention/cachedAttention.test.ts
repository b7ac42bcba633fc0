import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { floats, reductionStyles, toTensor } from '../../../test/parity.ts';
import { openTestDevice } from '../../../test/webgpuDevice.ts';
import { readFresh, setReductionStyle } from '../../runtime.ts';
import { attention } from '../attention/attention.ts';
import { cachedAttention, cachedCrossAttention } from './cachedAttention.ts';
import { makeKeyValueCache } from './keyValueCache.ts';

const device = await openTestDevice();
const tolerance = { atol: 2e-6, rtol: 1e-5 };
const heads = 2;
const batch = 3;
const steps = 6;
type Rank2 = tf.Rank.R2;

/** Feeds positions one by one; the context of every step, [steps][B, H*K]. */
async function decode(width: number, hasBias: boolean): Promise<Float32Array[]> {
  const before = tf.memory().numTensors;
  const cache = makeKeyValueCache(batch, width, steps);
  const bias = hasBias ? toTensor<tf.Rank.R4>(floats([1, heads, steps, steps], 50)) : null;
  const contexts: Float32Array[] = [];
  for (let t = 0; t < steps; t++) {
    const context = tf.tidy(() => {
      const row = (seed: number): tf.Tensor2D => toTensor<Rank2>(floats([batch, width], seed + t, 1.5));
      cache.append(row(10), row(20));
      return cachedAttention(row(30), cache, { heads, bias });
    });
    contexts.push(await readFresh(context));
    context.dispose();
  }
  expect(cache.length).toBe(steps);
  tf.tidy(() => {
    const row = tf.zeros<Rank2>([batch, width]);
    expect(() => cache.append(row, row)).toThrow('full');
  });
  cache.dispose();
  bias?.dispose();
  expect(tf.memory().numTensors).toBe(before);
  return contexts;
}

/** The same by ordinary causal attention over whole sequences, on the CPU. */
async function decodeAtOnce(width: number, hasBias: boolean): Promise<Float32Array[]> {
  await tf.setBackend('cpu');
  const sequence = (seed: number): tf.Tensor2D => {
    const rows = Array.from({ length: steps }, (_, t) =>
      toTensor<Rank2>(floats([batch, width], seed + t, 1.5)),
    );
    return tf.reshape(tf.stack(rows, 1), [batch * steps, width]);
  };
  const context = tf.tidy(() =>
    attention(
      { query: sequence(30), key: sequence(10), value: sequence(20) },
      {
        batch,
        heads,
        queryLength: steps,
        keyLength: steps,
        bias: hasBias ? toTensor<tf.Rank.R4>(floats([1, heads, steps, steps], 50)) : null,
        keyMask: null,
        causal: true,
        dropoutRate: 0,
        seed: 0,
      },
    ),
  );
  const values = await readFresh(context);
  context.dispose();
  return Array.from({ length: steps }, (_, t) => {
    const rows = Array.from({ length: batch }, (__, b) => (b * steps + t) * width);
    return Float32Array.from(rows.flatMap((start) => [...values.subarray(start, start + width)]));
  });
}

const cases: [number, boolean][] = [
  [16, true],
  [16, false],
  [6, true],
];

test.each(cases)('step by step = all at once, width %i, bias %s', async (width, hasBias) => {
  const wanted = await decodeAtOnce(width, hasBias);
  const got = await decode(width, hasBias);
  for (const [t, context] of got.entries()) expect(context).toBeAllClose(wanted[t]!, tolerance);
});

/** Three steps, then the sequences go on as copies of others, then one more step. */
async function decodeReordered(width: number): Promise<Float32Array> {
  const cache = makeKeyValueCache(batch, width, steps);
  const row = (seed: number): tf.Tensor2D => toTensor<Rank2>(floats([batch, width], seed, 1.5));
  tf.tidy(() => {
    for (let t = 0; t < 3; t++) cache.append(row(10 + t), row(20 + t));
    cache.reorder(tf.tensor1d([2, 0, 0], 'int32'));
  });
  const context = tf.tidy(() => {
    cache.append(row(13), row(23));
    return cachedAttention(row(33), cache, { heads, bias: null });
  });
  const values = await readFresh(context);
  context.dispose();
  cache.dispose();
  return values;
}

/** The same with the copies made in what is appended. */
async function decodeCopies(width: number): Promise<Float32Array> {
  await tf.setBackend('cpu');
  const cache = makeKeyValueCache(batch, width, steps);
  const row = (seed: number): tf.Tensor2D => toTensor<Rank2>(floats([batch, width], seed, 1.5));
  const context = tf.tidy(() => {
    const parents = tf.tensor1d([2, 0, 0], 'int32');
    for (let t = 0; t < 3; t++)
      cache.append(tf.gather(row(10 + t), parents), tf.gather(row(20 + t), parents));
    cache.append(row(13), row(23));
    return cachedAttention(row(33), cache, { heads, bias: null });
  });
  const values = await readFresh(context);
  context.dispose();
  cache.dispose();
  return values;
}

test.each([16, 6])('a reordered cache holds the copies, width %i', async (width) => {
  const wanted = await decodeCopies(width);
  const before = tf.memory().numTensors;
  expect(await decodeReordered(width)).toBeAllClose(wanted, tolerance);
  expect(tf.memory().numTensors).toBe(before);
});

const keyLength = 9;
async function cross(
  mask: 'int32' | 'float32' | null,
  width: number,
  queriesPerSequence = 1,
): Promise<Float32Array> {
  const context = tf.tidy(() => {
    const encoder = (seed: number): tf.Tensor2D => toTensor<Rank2>(floats([batch * keyLength, width], seed));
    const kept = Array.from({ length: batch * keyLength }, (_, i) => (i % 4 === 3 || i < keyLength ? 0 : 1));
    const keyMask = mask === null ? null : tf.tensor2d(kept, [batch, keyLength], mask);
    const query = toTensor<Rank2>(floats([batch * queriesPerSequence, width], 3, 2));
    const sizes = { batch, heads, keyLength, keyMask, queriesPerSequence };
    return cachedCrossAttention(query, encoder(1), encoder(2), sizes);
  });
  const values = await readFresh(context);
  context.dispose();
  return values;
}

describe.skipIf(device === null)('on WebGPU', () => {
  describe.each(reductionStyles)('with one %s per head', (style) => {
    test.each(cases)('step by step = all at once, width %i, bias %s', async (width, hasBias) => {
      const wanted = await decodeAtOnce(width, hasBias);
      await tf.setBackend('webgpu');
      setReductionStyle(style);
      const got = await decode(width, hasBias);
      for (const [t, context] of got.entries()) expect(context).toBeAllClose(wanted[t]!, tolerance);
    });

    test.each([16, 6])('a reordered cache holds the copies, width %i', async (width) => {
      const wanted = await decodeCopies(width);
      await tf.setBackend('webgpu');
      setReductionStyle(style);
      expect(await decodeReordered(width)).toBeAllClose(wanted, tolerance);
    });

    test('cross-attention of several queries per sequence = reference', async () => {
      await tf.setBackend('cpu');
      const wanted = await cross('int32', 16, 4);
      await tf.setBackend('webgpu');
      setReductionStyle(style);
      expect(await cross('int32', 16, 4)).toBeAllClose(wanted, tolerance);
    });

    // The first sequence has no key left: it averages its values.
    test.each([
      ['int32', 16],
      ['float32', 6],
      [null, 16],
    ] as const)('cross-attention = reference, mask %s, width %i', async (mask, width) => {
      await tf.setBackend('cpu');
      const wanted = await cross(mask, width);
      await tf.setBackend('webgpu');
      setReductionStyle(style);
      expect(await cross(mask, width)).toBeAllClose(wanted, tolerance);
      expect(device!.problem()).toBeUndefined();
    });
  });
});
