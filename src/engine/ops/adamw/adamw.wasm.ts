/** AdamW in place on tfjs's WASM heap. */
import * as tf from '@tensorflow/tfjs';
import { simdKernels } from '../../simd/simdModule.ts';
import { addressOf, wasmBackend } from '../../wasmBackend.ts';
import type { AdamwOptions, AdamwState } from './adamw.ts';

/** Does a step, see `adamwStep`, where the present backend can; false, and nothing done, where not. */
export function adamwOnHeap(state: AdamwState, gradient: tf.Tensor, options: AdamwOptions): boolean {
  if (tf.getBackend() !== 'wasm' || gradient.size % 4 !== 0) return false;
  const backend = wasmBackend();
  const simd = simdKernels(backend.wasm);
  const { parameter, momentum, variance } = state;
  const held = [parameter, momentum, variance];
  if (simd === null || held.some(({ dataId }) => backend.refCount(dataId) > 1)) return false;
  const { learningRate, beta1, beta2, epsilon, weightDecay, step, gradientScale } = options;
  simd.adamw(
    addressOf(backend, parameter),
    addressOf(backend, momentum),
    addressOf(backend, variance),
    addressOf(backend, gradient),
    gradient.size,
    gradientScale === null ? 1 : backend.typedArrayFromHeap(gradientScale)[0]!,
    learningRate,
    1 - learningRate * weightDecay,
    beta1,
    1 - beta1,
    beta2,
    1 - beta2,
    epsilon,
    1 / (1 - beta1 ** step),
    1 / Math.sqrt(1 - beta2 ** step),
  );
  return true;
}
