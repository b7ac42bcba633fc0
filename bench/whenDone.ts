/** Waiting for tfjs's present backend. */
import * as tf from '@tensorflow/tfjs';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { isWebgpu, submitRecorded } from '../src/engine/runtime.ts';

/** The device of tfjs's WebGPU backend, which must be the present one. */
export function gpuDevice(): GPUDevice {
  return (tf.backend() as WebGPUBackend).device;
}

/** Resolves when everything asked of the present backend is computed. WASM and CPU compute at once. */
export async function whenDone(): Promise<void> {
  if (!isWebgpu()) return;
  submitRecorded();
  await gpuDevice().queue.onSubmittedWorkDone();
}
