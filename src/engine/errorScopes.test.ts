import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { openTestDevice } from '../test/webgpuDevice.ts';
import { openDevice } from './device.ts';
import { errorProblem, watchErrors } from './errorScopes.ts';
import { readFresh } from './runtime.ts';
import { backend } from './tfjsBackend.ts';

const device = await openTestDevice();

test('without WebGPU work just runs', async () => {
  await tf.setBackend('cpu');
  const { result, problem } = watchErrors(() => 3);
  expect(result).toBe(3);
  expect(await problem).toBeUndefined();
});

describe.skipIf(device === null)('on WebGPU', () => {
  test('sound work has no problem, and its values are there', async () => {
    await tf.setBackend('webgpu');
    const { result, problem } = watchErrors(() => tf.tidy(() => tf.add(tf.ones([5]), 1)));
    expect(await problem).toBeUndefined();
    expect(await readFresh(result)).toEqual(new Float32Array(5).fill(2));
    result.dispose();
    expect(device!.problem()).toBeUndefined();
  });

  test('an error is told to whoever watches and becomes the problem of the device', async () => {
    const other = await openDevice('webgpu');
    const first = watchErrors(() => tf.tidy(() => tf.add(tf.ones([5]), 1)).dispose());
    const second = watchErrors(() => backend().device.createBuffer({ size: 4, usage: 0xffff }));
    expect(await first.problem).toBeUndefined();
    expect(await second.problem).toMatchObject({ code: 'gpu-error' });
    expect(other.problem()?.code).toBe('gpu-error');
    other.close();
  });

  test('an exception leaves no scope behind', async () => {
    const other = await openDevice('webgpu');
    expect(() =>
      watchErrors(() => {
        throw new Error('no');
      }),
    ).toThrow('no');
    const { device: gpu } = backend();
    await expect(gpu.popErrorScope()).rejects.toMatchObject({ name: 'OperationError' });
    other.close();
  });

  test('out of memory says what to do', () => {
    expect(errorProblem(new GPUOutOfMemoryError('4 GB'))).toMatchObject({
      code: 'gpu-out-of-memory',
      message: 'The GPU ran out of memory: 4 GB',
    });
  });

  test('on a lost device nothing is found here', async () => {
    const other = await openDevice('webgpu');
    backend().device.destroy();
    const { problem } = watchErrors(() => 1);
    expect(await problem).toBeUndefined();
    await other.lost;
    expect(other.problem()?.code).toBe('gpu-lost');
    other.close();
  });
});
