/** Suites that run on every device this machine has. */
import * as tf from '@tensorflow/tfjs';
import { describe } from 'vitest';
import { openDevice } from '../../engine/device.ts';
import { openTestDevice } from '../webgpuDevice.ts';

const webgpu = await openTestDevice();

/** Runs a suite on tfjs's plain CPU backend, on WASM and, where this machine has it, on WebGPU. `start` goes into beforeAll. */
export function describeOnDevices(title: string, suite: (start: () => Promise<void>) => void): void {
  const use = (backend: string) => async () => {
    await tf.setBackend(backend);
  };
  describe(`${title} (cpu)`, () => {
    suite(use('cpu'));
  });
  describe(`${title} (wasm)`, () => {
    suite(async () => {
      await openDevice('wasm');
    });
  });
  describe.skipIf(webgpu === null)(`${title} (webgpu)`, () => {
    suite(use('webgpu'));
  });
}
