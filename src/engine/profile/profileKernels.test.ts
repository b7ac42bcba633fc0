import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { openTestDevice } from '../../test/webgpuDevice.ts';
import { openDevice } from '../device.ts';
import { matmul } from '../ops/linear/matmul.ts';
import { readFresh } from '../runtime.ts';
import { sumCalls } from './kernelTimes.ts';
import { profileKernels } from './profileKernels.ts';

const gpu = await openTestDevice();

test('calls are summed by name, the slowest first', () => {
  const { kernels, kernelMs } = sumCalls(
    [
      { name: 'a', ms: 1 },
      { name: 'b', ms: 5 },
      { name: 'a', ms: 2 },
    ],
    20,
  );
  expect(kernelMs).toBe(8);
  expect(kernels).toEqual([
    { name: 'b', calls: 1, ms: 5, share: 0.625 },
    { name: 'a', calls: 2, ms: 3, share: 0.375 },
  ]);
});

test.skipIf(gpu === null)(
  'on WebGPU every dispatch is named and timed, and the result is the same',
  async () => {
    await tf.setBackend('webgpu');
    const a = tf.randomUniform<tf.Rank.R2>([256, 256]);
    const b = tf.randomUniform<tf.Rank.R2>([256, 256]);
    const compute = async (): Promise<Float32Array> => {
      const product = tf.tidy(() => tf.relu(matmul('NN', a, matmul('NN', a, b))));
      const values = await readFresh(product);
      product.dispose();
      return values;
    };
    const wanted = await compute();
    let got: Float32Array | undefined;
    const profile = await profileKernels(async () => {
      got = await compute();
    });
    expect(got).toEqual(wanted);
    const [first, second] = profile.kernels;
    expect(first).toMatchObject({ calls: 2 });
    expect(first!.name).toMatch(/^matmul/);
    expect(first!.ms).toBeGreaterThan(0);
    expect(second!.name).toMatch(/^tfjs /);
    expect(profile.kernelMs).toBeLessThan(profile.totalMs);
    expect(await compute(), 'without the watch').toEqual(wanted);
    await expect(profileKernels(() => Promise.reject(new Error('stopped')))).rejects.toThrow('stopped');
    expect(await compute(), 'after work that failed').toEqual(wanted);
    const again = await profileKernels(async () => {});
    expect(again.kernels).toEqual([]);
    tf.dispose([a, b]);
  },
);

test('on WASM kernels are timed as they run, and are themselves again afterwards', async () => {
  await openDevice('wasm');
  const before = tf.getKernel('Relu', 'wasm').kernelFunc;
  const x = tf.tensor1d([-1, 2]);
  const profile = await profileKernels(async () => {
    tf.dispose([tf.relu(x), tf.relu(x)]);
  });
  expect(profile.kernels).toMatchObject([{ name: 'Relu', calls: 2, share: 1 }]);
  expect(tf.getKernel('Relu', 'wasm').kernelFunc).toBe(before);
  x.dispose();
});
