import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { openTestDevice } from '../test/webgpuDevice.ts';
import { accumulate, zeros } from './ops/accumulate/accumulate.ts';
import { elementKernel, elementWorkgroups } from './ops/wgsl.ts';
import {
  allocate,
  bufferHolders,
  isShared,
  readFresh,
  readFreshInts,
  runKernel,
  shareBuffer,
  spreadWorkgroups,
} from './runtime.ts';

const device = await openTestDevice();

test.each([1, 65_535, 65_536, 1_000_003])('%i workgroups fit the limit of each dimension', (count) => {
  const [x, y, z] = spreadWorkgroups(count);
  expect(x * y * z).toBeGreaterThanOrEqual(count);
  expect(x * y * z).toBeLessThan(count + 65_536);
  expect(Math.max(x, y, z)).toBeLessThanOrEqual(65_535);
});

/** x ← x·factor, in place. */
function scaleInPlace(x: tf.Tensor, factor: number): void {
  runKernel({
    key: 'test scale',
    code: () =>
      elementKernel(
        { writes: { x: 'f32' }, reads: {}, u32: ['count'], f32: ['factor'] },
        'x[i] *= u.factor;',
      ),
    writes: [x],
    reads: [],
    uniforms: { u32: [x.size], f32: [factor] },
    workgroups: elementWorkgroups(x.size),
  });
}

describe.skipIf(device === null)('on WebGPU', () => {
  test('kernels and stock ops run in the order they are called', async () => {
    await tf.setBackend('webgpu');
    const x = tf.tensor1d([1, 2, 3]);
    const steps = tf.tidy(() => {
      const before = tf.add(x, 0); // reads x before it changes
      scaleInPlace(x, 10);
      const after = tf.add(x, 1);
      return tf.stack([before, after]);
    });
    expect(await readFresh(steps)).toEqual(Float32Array.of(1, 2, 3, 11, 21, 31));
    tf.dispose([x, steps]);
  });

  test('a CPU copy left by an earlier read is dropped by an in-place write', async () => {
    const x = tf.tensor1d([1, 2]);
    await x.data();
    scaleInPlace(x, 2);
    expect(await x.data()).toEqual(Float32Array.of(2, 4));
    scaleInPlace(x, 2);
    expect(await readFresh(x)).toEqual(Float32Array.of(4, 8));
    x.dispose();
  });

  test('reading checks the number type and survives disposal', async () => {
    const x = allocate<tf.Rank.R1>([4], 'int32');
    tf.dispose(x);
    const y = tf.tidy(() => tf.add(tf.tensor1d([1, 2], 'int32'), tf.tensor1d([3, 4], 'int32')));
    const reading = readFreshInts(y);
    y.dispose();
    expect(await reading).toEqual(Int32Array.of(4, 6));
    const z = tf.tensor1d([1]);
    await expect(readFreshInts(z)).rejects.toThrow('float32');
    z.dispose();
  });

  test('more uniforms than are cached give right results', async () => {
    const x = tf.tensor1d([1]);
    let wanted = 1;
    for (let i = 0; i < 3000; i++) {
      const factor = i % 2 === 0 ? 1 + i / 4096 : 1 / (1 + (i - 1) / 4096);
      scaleInPlace(x, factor);
      wanted = Math.fround(wanted * Math.fround(factor));
    }
    expect(await readFresh(x)).toBeAllClose([wanted], { atol: 0, rtol: 1e-6 });
    x.dispose();
  });

  test('more elements than one dimension of workgroups takes', async () => {
    const size = 65_535 * 64 + 3;
    const ones = tf.ones([size]);
    const sums = tf.tidy(() => tf.variable(zeros([size])));
    accumulate(sums, ones);
    accumulate(sums, ones);
    const values = await readFresh(sums);
    expect(values.every((value) => value === 2)).toBe(true);
    tf.dispose([ones, sums]);
  });

  test('sharing is seen', () => {
    const before = tf.memory().numTensors;
    const x = allocate<tf.Rank.R1>([4]);
    expect(isShared(x)).toBe(false);
    const twin = shareBuffer(x);
    expect(bufferHolders(x)).toBe(2);
    twin.dispose();
    expect(isShared(x)).toBe(false);
    x.dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect(device!.problem()).toBeUndefined();
  });
});
