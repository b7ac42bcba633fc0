/** AdamW in place on tfjs's WASM heap. */
import * as tf from '@tensorflow/tfjs';
import { simdKernels, type EmscriptenModule } from '../../simd/simdModule.ts';
import type { AdamwOptions, AdamwState } from './adamw.ts';

/** The parts of tfjs's WASM backend used here. */
interface WasmBackend {
  dataIdMap: { get(id: object): { memoryOffset: number } };
  refCount(id: object): number;
  typedArrayFromHeap(tensor: tf.TensorInfo): Float32Array;
  wasm: EmscriptenModule;
}

/** Does a step, see `adamwStep`, where the present backend can; false, and nothing done, where not. */
export function adamwOnHeap(state: AdamwState, gradient: tf.Tensor, options: AdamwOptions): boolean {
  if (tf.getBackend() !== 'wasm' || gradient.size % 4 !== 0) return false;
  const backend = tf.backend() as unknown as WasmBackend;
  const simd = simdKernels(backend.wasm);
  const { parameter, momentum, variance } = state;
  const held = [parameter, momentum, variance];
  if (simd === null || held.some(({ dataId }) => backend.refCount(dataId) > 1)) return false;
  const { learningRate, beta1, beta2, epsilon, weightDecay, step, gradientScale } = options;
  const addressOf = ({ dataId }: tf.Tensor) => backend.dataIdMap.get(dataId).memoryOffset;
  simd.adamw(
    addressOf(parameter),
    addressOf(momentum),
    addressOf(variance),
    addressOf(gradient),
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
