import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Batch } from '../data/batch.ts';
import { goldenBatch, goldenTensors, loadGoldenModel } from '../test/golden/goldenModel.ts';
import { floats, toTensor } from '../test/parity.ts';
import { openTestDevice } from '../test/webgpuDevice.ts';
import { BufferPool } from './bufferPool.ts';
import { gpuBytes, gpuBytesInUse, purgePool } from './memory.ts';
import { sumGradients } from './optim/gradients.ts';
import { bufferPool, readFresh } from './runtime.ts';
import { uploadBatch } from './t5/batchTensors.ts';
import { inferencePass } from './t5/forwardPass.ts';
import { loss } from './t5/t5.ts';
import { backend } from './tfjsBackend.ts';
import { copyToVariable } from './weights.ts';

const device = await openTestDevice();
const megabyte = 2 ** 20;

describe.skipIf(device === null)('on WebGPU', () => {
  let usage = 0;
  const makePool = (): BufferPool => new BufferPool(backend().device);

  beforeAll(async () => {
    await tf.setBackend('webgpu');
    usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    bufferPool().keptBytes = 0;
  });

  test('a released buffer serves again, also for a request a little smaller', () => {
    const pool = makePool();
    const first = pool.acquireBuffer(4 * megabyte, usage);
    pool.releaseBuffer(first);
    const again = pool.acquireBuffer(3.5 * megabyte, usage);
    expect(again).toBe(first);
    expect(pool.numBytesUsed).toBe(3.5 * megabyte);
    expect(pool.numBytesAllocated).toBe(4 * megabyte);
    pool.dispose();
    expect(pool.numBytesAllocated).toBe(0);
  });

  test('of several the smallest that fits serves; none for much less, none of another use', () => {
    const pool = makePool();
    const sizes = [300, 1000, 900, 5000];
    const buffers = sizes.map((size) => pool.acquireBuffer(size, usage));
    for (const buffer of buffers) pool.releaseBuffer(buffer);
    expect(pool.acquireBuffer(800, usage)).toBe(buffers[2]);
    expect(buffers).not.toContain(pool.acquireBuffer(2000, usage));
    expect(buffers).not.toContain(pool.acquireBuffer(300, GPUBufferUsage.STORAGE));
    pool.dispose();
  });

  test('settled, it gives the same buffers in the same order, whatever order they came back in', () => {
    const pool = makePool();
    const take = () => [1000, 1000, 1000, 5000].map((size) => pool.acquireBuffer(size, usage));
    const first = take();
    for (const i of [2, 0, 3, 1]) pool.releaseBuffer(first[i]!);
    pool.settle();
    const second = take();
    for (const i of [1, 2, 0, 3]) pool.releaseBuffer(second[i]!);
    pool.settle();
    expect(take()).toEqual(second);
    pool.dispose();
  });

  test('what is held stays within 1.4 times what was needed at once', () => {
    const pool = makePool();
    pool.keptBytes = 0;
    for (let length = 1; length <= 40; length++) {
      const held = [1, 2, 3].map((part) => pool.acquireBuffer(length * part * 10_000, usage));
      for (const buffer of held) pool.releaseBuffer(buffer);
      expect(pool.numBytesAllocated).toBeLessThanOrEqual(pool.peakBytesUsed * 1.4);
    }
    expect(pool.purge()).toBeGreaterThan(0);
    expect(pool.numBytesAllocated).toBe(0);
  });

  test('where a new buffer would push free ones out, a much larger one serves', () => {
    const pool = makePool();
    pool.keptBytes = 0;
    const long = [16, 16, 4].map((size) => pool.acquireBuffer(size * megabyte, usage));
    for (const buffer of long) pool.releaseBuffer(buffer);
    const short = [6, 6].map((size) => pool.acquireBuffer(size * megabyte, usage));
    expect(long, 'a quarter more may be held').not.toContain(short[0]);
    expect(long.slice(0, 2)).toContain(short[1]);
    expect(pool.numBytesAllocated).toBeLessThanOrEqual(pool.peakBytesUsed * 1.25);
    for (const buffer of short) pool.releaseBuffer(buffer);
    pool.settle();
    expect([16, 16, 4].map((size) => pool.acquireBuffer(size * megabyte, usage))).toEqual(
      expect.arrayContaining(long),
    );
    pool.dispose();
  });

  test('what is kept stays in use until it is no longer kept and was released', () => {
    const pool = makePool();
    const seen: boolean[] = [];
    pool.onAcquire = (_, isKept) => seen.push(isKept);
    const kept = pool.acquireBuffer(1000, usage, false, false);
    const uniform = pool.acquireBuffer(64, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST);
    const borrowed = pool.acquireBuffer(1000, usage);
    pool.onAcquire = null;
    expect(seen).toEqual([true, true, false]);
    pool.releaseBuffer(kept);
    pool.releaseBuffer(borrowed);
    expect(pool.areFree([borrowed])).toBe(true);
    expect(pool.areFree([kept])).toBe(false);
    expect(pool.acquireBuffer(1000, usage)).toBe(borrowed);
    pool.unkeep([kept, uniform]);
    expect(pool.areFree([kept])).toBe(true);
    expect(pool.areFree([uniform]), 'still in use').toBe(false);
    pool.take(kept, 900);
    expect(pool.areFree([kept])).toBe(false);
    expect(pool.numBytesUsed).toBe(900 + 64 + 1000);
    pool.dispose();
  });

  test('tensors in larger buffers are what they were in their own: stock ops, reads, rows', async () => {
    purgePool();
    tf.tidy(() => tf.mul(tf.ones([4000]), NaN)); // leaves buffers full of NaN
    const x = floats([37, 51], 3);
    const compute = () =>
      tf.tidy(() => {
        const t = toTensor<tf.Rank.R2>(x);
        const parts = [
          tf.softmax(t),
          tf.matMul(t, t, false, true),
          tf.sum(t, 0),
          tf.max(t, 1),
          tf.cumsum(t, 1),
        ];
        return [...parts, tf.argMax(t, 1), tf.greater(t, 0)];
      });
    const got = compute();
    const gotValues = await Promise.all(got.map((part) => part.data()));
    tf.dispose(got);
    await tf.setBackend('cpu');
    const wanted = compute();
    for (const [i, part] of wanted.entries()) {
      expect(gotValues[i]!.length).toBe(part.size);
      expect(Array.from(gotValues[i]!)).toBeAllClose(Array.from(await part.data()), {
        atol: 1e-5,
        rtol: 1e-5,
      });
    }
    tf.dispose(wanted);
    await tf.setBackend('webgpu');
  });

  test('training over eight lengths holds less than 1.5 times what the longest alone does', async () => {
    const base = await loadGoldenModel('gated');
    const weights = new Map([...base.weights].map(([name, tensor]) => [name, copyToVariable(tensor)]));
    const source = goldenBatch(await goldenTensors('gated'));
    const step = async (batch: Batch): Promise<number> => {
      const pass = inferencePass(base.config, weights);
      const sums = sumGradients(weights, () => loss(pass, uploadBatch(batch), batch.labelTokenCount), 1);
      await readFresh(sums.loss);
      tf.dispose([sums.loss, ...sums.gradients.values()]);
      return gpuBytes();
    };
    purgePool();
    const longest = await step(ofLength(source, 48));
    purgePool();
    const lengths = [20, 24, 28, 32, 48, 40, 44, 36];
    const held: number[] = [];
    for (const length of lengths) held.push(await step(ofLength(source, length)));
    expect(Math.max(...held)).toBeLessThan(1.5 * longest);
    expect(gpuBytes()).toBeGreaterThanOrEqual(gpuBytesInUse());
    tf.dispose([...weights.values()]);
    expect(device!.problem()).toBeUndefined();
  });
});

/** Eight rows of a batch's tokens, repeated to a length. */
function ofLength(source: Batch, length: number): Batch {
  const size = 8;
  const repeat = (ids: Int32Array): Int32Array =>
    Int32Array.from({ length: size * length }, (_, i) => Math.max(1, ids[i % ids.length]!));
  return {
    ...source,
    size,
    inputLength: length,
    labelLength: length,
    inputIds: repeat(source.inputIds),
    inputMask: new Int32Array(size * length).fill(1),
    decoderInputIds: repeat(source.decoderInputIds),
    labels: repeat(source.labels),
    labelTokenCount: size * length,
  };
}
