/** Whether the layers of a batch are computed again for the backward pass, on the present device. */
import { storeOf } from '../engine/ops/packedMatrix/packedForm.ts';
import { isWebgpu } from '../engine/runtime.ts';
import { activationBytes } from '../engine/t5/activationBytes.ts';
import { chooseMemoryPlan, type BatchShape } from '../engine/t5/memoryPlan.ts';
import { weight, type Weights } from '../engine/weights.ts';
import { memoryRequest } from './memoryRequest.ts';
import type { RunConfig } from './runConfig.ts';
import type { Trainables } from './trainables.ts';

/** WASM's heap ends at 4 GB, and its plain ops keep more than the kernels do. */
const WASM_KEPT_BYTES = 0.8e9;

/** See `chooseMemoryPlan`; on WASM by the bytes that would be kept. */
export function recomputesLayers({ model, weights }: Trainables, run: RunConfig, batch: BatchShape): boolean {
  if (!isWebgpu()) return activationBytes(model, batch) > WASM_KEPT_BYTES;
  return chooseMemoryPlan(memoryRequest(model, run, batch, frozenBytes(weights))).recomputesLayers;
}

/** Bytes of a number in a model's matrices. */
export function frozenBytes(weights: Weights): number {
  return { f32: 4, f16: 2, i8: 1 }[storeOf(weight(weights, 'shared.weight'))];
}
