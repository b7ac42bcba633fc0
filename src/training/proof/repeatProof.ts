/** The same step computed several times: how much of a run's result is chance of the device. */
import * as tf from '@tensorflow/tfjs';
import { sumGradients } from '../../engine/optim/gradients.ts';
import { readFresh } from '../../engine/runtime.ts';
import { uploadBatch } from '../../engine/t5/batchTensors.ts';
import { inferencePass } from '../../engine/t5/forwardPass.ts';
import { loss } from '../../engine/t5/t5.ts';
import { copyToVariable } from '../../engine/weights.ts';
import { relativeDifference } from '../../lib/differences.ts';
import { makePrng } from '../../lib/prng.ts';
import type { BaseModel } from '../trainables.ts';
import { proofBatch } from './proofBatch.ts';
import type { ProofLine } from './proofReport.ts';
import { oneOfEachKind } from './tensorKinds.ts';

/** Beyond this the device is not only inexact in its last digit, but unsteady. */
export const REPEAT_TOLERANCE = 1e-5;

/** Sums in a changing order need not show at once. */
const TIMES = 3;

/** Loss, and the gradients of one tensor of each kind. */
export async function repeatProof(base: BaseModel, seed: number): Promise<ProofLine> {
  const batch = proofBatch(base.config, seed);
  const names = oneOfEachKind([...base.weights.keys()], makePrng(seed));
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
    const first = await once();
    let error = 0;
    for (let time = 2; time <= TIMES; time++) {
      const again = await once();
      error = Math.max(error, ...first.map((values, i) => relativeDifference(again[i]!, values)));
    }
    const what = `Loss and the gradients of ${names.length} tensors, computed ${TIMES} times,`;
    return {
      id: 'repeat',
      claim: 'The same step gives the same numbers',
      verdict: error <= REPEAT_TOLERANCE ? 'holds' : 'fails',
      finding:
        error === 0
          ? `${what} are identical to the last bit.`
          : `${what} differ by at most ${error.toExponential(1)} of a tensor's largest value.`,
      error,
      tolerance: REPEAT_TOLERANCE,
    };
  } finally {
    tf.dispose([...variables.values()]);
  }
}
