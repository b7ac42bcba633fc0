/**
 * Where a number went wrong: a step that was not finite, computed once more with every tensor on its way looked at. Slow,
 * and only for steps that were skipped.
 */
import * as tf from '@tensorflow/tfjs';
import { hasNonFinite } from '../engine/ops/hasNonFinite/hasNonFinite.ts';
import { sumGradients } from '../engine/optim/gradients.ts';
import { readFresh } from '../engine/runtime.ts';
import type { ForwardPass } from '../engine/t5/forwardPass.ts';
import type { Weights } from '../engine/weights.ts';

/** A tensor's name and a scalar that is 0 if all of the tensor is finite. */
type Check = readonly [name: string, flag: tf.Scalar];

/**
 * Name of the first tensor with a NaN or an infinity: of a weight, else of the first layer or block whose output has one,
 * else `loss`, else of the parameter whose gradient has one, the last in the network (gradients go backward). Undefined
 * when all are finite this time. `lossOf` is the loss of one micro-batch under a pass that watches.
 */
export async function firstNonFinite(
  frozen: Weights,
  variables: ReadonlyMap<string, tf.Variable>,
  lossOf: (index: number, watch?: ForwardPass['watch']) => tf.Scalar,
  batchCount: number,
): Promise<string | undefined> {
  const weights = new Map<string, tf.Tensor>([...frozen, ...variables]);
  const inWeights = await firstOf([...weights].map(([name, tensor]) => check(name, tensor)));
  if (inWeights !== undefined) return inWeights;
  for (let i = 0; i < batchCount; i++) {
    const checks: Check[] = [];
    const watch = (path: string, output: tf.Tensor): void => void checks.push(check(path, output));
    tf.tidy(() => {
      watch('loss', lossOf(i, watch));
    });
    const inOutputs = await firstOf(checks);
    if (inOutputs !== undefined) return inOutputs;
  }
  const { loss, gradients } = sumGradients(variables, (i) => lossOf(i), batchCount);
  const checks = [...gradients].reverse().map(([name, tensor]) => check(`gradient of ${name}`, tensor));
  tf.dispose([loss, ...gradients.values()]);
  return firstOf(checks);
}

function check(name: string, tensor: tf.Tensor): Check {
  const isFloat = tensor.dtype === 'float32'; // others hold packed weights
  return [name, tf.keep(isFloat ? hasNonFinite(tensor) : tf.scalar(0))];
}

async function firstOf(checks: readonly Check[]): Promise<string | undefined> {
  if (checks.length === 0) return undefined;
  const flags = checks.map(([, flag]) => flag);
  const stacked = tf.stack(flags);
  const values = await readFresh(stacked);
  tf.dispose([stacked, ...flags]);
  const first = values.findIndex((value) => value !== 0);
  return checks[first]?.[0];
}
