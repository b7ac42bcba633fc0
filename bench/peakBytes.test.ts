import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { gpuBytes, purgePool } from '../src/engine/memory.ts';
import { allocate, submitRecorded } from '../src/engine/runtime.ts';
import { openTestDevice } from '../src/test/webgpuDevice.ts';
import { watchPeakBytes } from './peakBytes.ts';

const device = await openTestDevice();

test.skipIf(device === null)(
  'the peak on WebGPU is seen although all is freed before anyone looks',
  async () => {
    await tf.setBackend('webgpu');
    purgePool();
    const before = gpuBytes();
    const peak = watchPeakBytes();
    const tensors = [allocate([2 ** 18]), allocate([2 ** 19])]; // 1 MiB and 2 MiB
    const highest = gpuBytes();
    tf.dispose(tensors);
    submitRecorded();
    purgePool();
    const again = allocate([2 ** 10]);
    expect(highest - before).toBeGreaterThanOrEqual(3 * 2 ** 20);
    expect(gpuBytes()).toBeLessThan(highest);
    expect(peak()).toBe(highest);
    again.dispose();
    const later = allocate([2 ** 20]);
    expect(peak()).toBe(highest); // the watch has ended
    later.dispose();
  },
);

test('the peak beside WebGPU is that of all tensors', async () => {
  await tf.setBackend('cpu');
  const before = tf.memory().numBytes;
  const peak = watchPeakBytes();
  tf.tidy(() => tf.zeros([1000]));
  tf.tidy(() => tf.zeros([10]));
  expect(peak() - before).toBe(4040); // `before` counted the end of a tidy: tensors of 1000 and 10 values never lie side by side
});
