/** A checked model onto the device, tensor by tensor. */
import { disposeWeights, uploadFrozen, type WeightPrecision, type Weights } from '../engine/weights.ts';
import type { Job } from '../lib/progress.ts';
import { streamTensors, type CheckedModel } from './huggingFace.ts';

/** Reads and uploads every tensor as frozen. On failure or abort nothing stays on the device. */
export async function uploadModel(
  model: CheckedModel,
  precision: WeightPrecision,
  job: Job = {},
): Promise<Weights> {
  const weights = new Map<string, ReturnType<typeof uploadFrozen>>();
  try {
    await streamTensors(
      model,
      (name, shape, values) => {
        weights.set(name, uploadFrozen(name, shape, values, precision));
      },
      job,
    );
    return weights;
  } catch (error) {
    disposeWeights(weights);
    throw error;
  }
}
