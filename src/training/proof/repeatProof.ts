/** The same step computed twice: how much of a run's result is chance of the device. */
import * as tf from '@tensorflow/tfjs';
import { sumGradients } from '../../engine/optim/gradients.ts';
import { readFresh } from '../../engine/runtime.ts';
import { uploadBatch } from '../../engine/t5/batchTensors.ts';
import { inferencePass } from '../../engine/t5/forwardPass.ts';
import { relativeBiasName } from '../../engine/t5/spec.ts';
import { loss } from '../../engine/t5/t5.ts';
import { copyToVariable } from '../../engine/weights.ts';
import type { BaseModel } from '../trainables.ts';
import { proofBatch } from './proofBatch.ts';
import type { ProofLine } from './proofReport.ts';

/** Beyond this the device is not only inexact in its last digit, but unsteady. */
export const REPEAT_TOLERANCE = 1e-5;

/** Loss, and gradients of the tensors whose gradients add up most: embedding, position bias, a norm, a matrix. */
export async function repeatProof(base: BaseModel, seed: number): Promise<ProofLine> {
  const batch = proofBatch(base.config, seed);
  const names = [
    'shared.weight',
    relativeBiasName('encoder'),
    'encoder.final_layer_norm.weight',
    'decoder.block.0.layer.1.EncDecAttention.v.weight',
  ];
  const variables = new Map(names.map((name) => [name, copyToVariable(base.weights.get(name)!)]));
  const pass = inferencePass(base.config, new Map([...base.weights, ...variables]));
  const once = async (): Promise<Float32Array[]> => {
    const result = sumGradients(variables, () => loss(pass, uploadBatch(batch), batch.labelTokenCount), 1);
    const tensors = [result.loss, ...result.gradients.values()];
    const values: Float32Array[] = [];
    for (const tensor of tensors) values.push(await readFresh(tensor));
    tf.dispose(tensors);
    return values;
  };
  try {
    const [first, second] = [await once(), await once()];
    const error = Math.max(...first.map((values, i) => relativeDifference(values, second[i]!)));
    return {
      id: 'repeat',
      claim: 'The same step gives the same numbers',
      verdict: error <= REPEAT_TOLERANCE ? 'holds' : 'fails',
      finding:
        error === 0
          ? 'Loss and gradients of one step, computed twice, are identical to the last bit.'
          : `Loss and gradients of one step, computed twice, differ by at most ${error.toExponential(1)} of the largest value.`,
      error,
      tolerance: REPEAT_TOLERANCE,
    };
  } finally {
    tf.dispose([...variables.values()]);
  }
}

function relativeDifference(a: Float32Array, b: Float32Array): number {
  let largest = 0;
  let difference = 0;
  for (let i = 0; i < a.length; i++) {
    largest = Math.max(largest, Math.abs(a[i]!));
    const off = Math.abs(a[i]! - b[i]!);
    difference = Number.isFinite(off) ? Math.max(difference, off) : Infinity;
  }
  return difference === 0 ? 0 : difference / Math.max(largest, 1e-12);
}
