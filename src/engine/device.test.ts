import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { openTestDevice } from '../test/webgpuDevice.ts';
import { openDevice, probeDevices } from './device.ts';
import { gpuBytes, gpuBytesInUse, purgePool, tensorCount } from './memory.ts';
import { linear } from './ops/linear/linear.ts';
import { allocate, readFresh, reductionStyle } from './runtime.ts';

const device = await openTestDevice();

test('the CPU backend opens and says what it is', async () => {
  const cpu = await openDevice('cpu');
  expect(cpu).toMatchObject({ kind: 'cpu', isSoftware: false, features: [] });
  expect(tf.getBackend()).toBe('cpu');
  expect(cpu.problem()).toBeUndefined();
});

test.each(['cpu', 'wasm'] as const)('%s can be closed and opened again', async (kind) => {
  for (let i = 0; i < 2; i++) {
    const opened = await openDevice(kind);
    const product = tf.tidy(() => linear(tf.ones([2, 3]), tf.ones([4, 3])));
    expect(await readFresh(product)).toEqual(new Float32Array(8).fill(3));
    product.dispose();
    opened.close();
  }
});

test('without WebGPU the probe says why and opening throws it', async () => {
  const kept = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  Object.defineProperty(globalThis, 'navigator', { value: { userAgent: 'none' }, configurable: true });
  try {
    const report = await probeDevices();
    expect(report).toMatchObject({ webgpu: 'missing', wasm: true, problem: { code: 'webgpu-missing' } });
    await expect(openDevice('webgpu')).rejects.toMatchObject({ problem: { code: 'webgpu-missing' } });
  } finally {
    if (kept === undefined) Reflect.deleteProperty(globalThis, 'navigator');
    else Object.defineProperty(globalThis, 'navigator', kept);
  }
});

describe.skipIf(device === null)('WebGPU', () => {
  test('the probe agrees with the opened device', async () => {
    const report = await probeDevices();
    expect(report.adapterName).toBe(device!.name);
    expect(report.webgpu).toBe(device!.isSoftware ? 'software' : 'hardware');
    expect(report.problem === undefined).toBe(!device!.isSoftware);
  });

  test('row kernels suit the adapter, and limits are raised', async () => {
    await tf.setBackend('webgpu');
    const onHardware = device!.features.includes('subgroups') ? 'subgroup' : 'workgroup';
    expect(reductionStyle()).toBe(device!.isSoftware ? 'invocation' : onHardware);
    expect(device!.limits.maxBufferBytes).toBeGreaterThan(256 * 2 ** 20);
  });

  test('an allocation beyond the limits throws before it happens', async () => {
    await tf.setBackend('webgpu');
    const { maxBufferBytes, maxBindingBytes } = device!.limits;
    const tooMany = Math.min(maxBufferBytes, maxBindingBytes) / 4 + 4;
    const before = gpuBytes();
    tf.engine().startScope();
    expect(() => allocate([tooMany])).toThrow('allows at most');
    tf.engine().endScope();
    expect(gpuBytes()).toBe(before);
    expect(device!.problem()).toBeUndefined();
  });

  test('purging gives the free buffers back and leaves live tensors as they are', async () => {
    await tf.setBackend('webgpu');
    const live = tf.tidy(() => linear(tf.ones([8, 8]), tf.ones([8, 8])));
    tf.tidy(() => {
      for (const rows of [16, 24, 32, 40]) linear(tf.ones([rows, 8]), tf.ones([8, 8]));
    });
    await live.data();
    expect(gpuBytes()).toBeGreaterThan(gpuBytesInUse());
    expect(purgePool()).toBeGreaterThan(0);
    expect(gpuBytes()).toBe(gpuBytesInUse());
    const again = tf.tidy(() => linear(live, tf.ones([8, 8])));
    expect(await readFresh(again)).toEqual(new Float32Array(64).fill(64));
    tf.dispose([live, again]);
    expect(device!.problem()).toBeUndefined();
  });

  test('closing an older device leaves the newer one', async () => {
    const older = await openDevice('webgpu');
    const newer = await openDevice('webgpu');
    older.close();
    const product = tf.tidy(() => linear(tf.ones([8, 8]), tf.ones([8, 8])));
    expect(await readFresh(product)).toEqual(new Float32Array(64).fill(8));
    product.dispose();
    expect(newer.problem()).toBeUndefined();
    newer.close();
  });

  test('a GPU error becomes the problem of the device', async () => {
    const other = await openDevice('webgpu');
    const { device: gpu } = tf.backend() as unknown as { device: GPUDevice };
    gpu.createBuffer({ size: 4, usage: 0xffff }); // not a valid usage
    await gpu.queue.onSubmittedWorkDone();
    await expect.poll(() => other.problem()?.code).toBe('gpu-error');
    other.close();
  });

  test('a lost device says so, a closed one does not, and the next one computes again', async () => {
    const lostDevice = await openDevice('webgpu');
    (tf.backend() as unknown as { device: GPUDevice }).device.destroy();
    await lostDevice.lost;
    expect(lostDevice.problem()?.code).toBe('gpu-lost');

    const next = await openDevice('webgpu');
    const count = tensorCount();
    const product = tf.tidy(() => linear(tf.ones([8, 8]), tf.ones([8, 8])));
    expect(await readFresh(product)).toEqual(new Float32Array(64).fill(8));
    product.dispose();
    expect(tensorCount()).toBe(count);
    const { device: gpu } = tf.backend() as unknown as { device: GPUDevice };
    let isReportedLost = false;
    void next.lost.then(() => (isReportedLost = true));
    next.close();
    await gpu.lost;
    await Promise.resolve();
    expect(isReportedLost).toBe(false);
    expect(next.problem()).toBeUndefined();
  });
});
