/** How much memory tensors hold, and giving the unused part of tfjs's buffer pool back to the GPU. */
import * as tf from '@tensorflow/tfjs';
import { bufferPool, forgetBindGroups, isWebgpu, submitRecorded } from './runtime.ts';

/** Bytes held on the GPU, unused pool buffers included; on other backends the bytes of all tensors. */
export function gpuBytes(): number {
  return isWebgpu() ? bufferPool().numBytesAllocated : tf.memory().numBytes;
}

/** Bytes of buffers that tensors use now; on other backends the bytes of all tensors. */
export function gpuBytesInUse(): number {
  return isWebgpu() ? bufferPool().numBytesUsed : tf.memory().numBytes;
}

/** Number of live tensors: equal before and after any operation that cleans up after itself. */
export function tensorCount(): number {
  return tf.memory().numTensors;
}

/** Destroys the pool's free buffers and returns their bytes. */
export function purgePool(): number {
  if (!isWebgpu()) return 0;
  submitRecorded(); // a buffer must not be destroyed while recorded commands use it
  forgetBindGroups();
  return bufferPool().purge();
}

/** Called before each of many like steps, so that each finds the same buffers for the same tensors. */
export function settlePool(): void {
  if (!isWebgpu()) return;
  submitRecorded(); // gives back what earlier work has disposed
  bufferPool().settle();
}
