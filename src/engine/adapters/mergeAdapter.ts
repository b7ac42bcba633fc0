/** An adapter folded into the weights, as PEFT's `merge_and_unload` does. */
import * as tf from '@tensorflow/tfjs';
import { ProblemError } from '../../lib/problem.ts';
import { unpacked } from '../ops/packedMatrix/packedMatrix.ts';
import { weight, type Weights } from '../weights.ts';
import type { Adapter, AdapterModule } from './adapter.ts';
import { doraFactor } from './dora.ts';

/**
 * One merged matrix [out, in], a new tensor of the caller's: W + s·B·A for LoRA, m/‖W + s·B·A‖ times that for DoRA, W with
 * columns or rows multiplied for IA³.
 */
export function mergeModule(matrix: tf.Tensor2D, module: AdapterModule): tf.Tensor2D {
  return tf.tidy(() => {
    if (module.kind === 'ia3') return tf.mul(unpacked(matrix), module.factors); // [1,in] or [out,1]
    const { a, b, scaling, magnitude } = module;
    const tuned = tf.add(unpacked(matrix), tf.mul(tf.matMul(b as tf.Tensor2D, a as tf.Tensor2D), scaling)); // [out,in]
    if (magnitude === null) return tuned as tf.Tensor2D;
    return tf.mul(tuned, tf.reshape(doraFactor(module, matrix), [-1, 1]));
  });
}

/**
 * The weights with the adapter folded in; the same tensors where it changes nothing. New tensors belong to the caller;
 * `mergedOnly` names which they are. Throws ProblemError for prompt tuning, which changes no weight.
 */
export function mergeAdapter(
  weights: Weights,
  adapter: Adapter,
): { weights: Weights; mergedOnly: readonly string[] } {
  assertMergeable(adapter);
  const merged = new Map(weights);
  const mergedOnly: string[] = [];
  for (const [path, module] of adapter.modules) {
    const name = `${path}.weight`;
    merged.set(name, tf.keep(mergeModule(weight<tf.Rank.R2>(weights, name), module)));
    mergedOnly.push(name);
  }
  for (const [name, tensor] of adapter.saved) {
    merged.set(name, tf.keep(tf.tidy(() => tf.mul(tensor, 1))));
    mergedOnly.push(name);
  }
  return { weights: merged, mergedOnly };
}

/** Throws where no weights can do what the adapter does. */
export function assertMergeable({ plan }: Adapter): void {
  if (plan.kind !== 'prompt-tuning') return;
  throw new ProblemError({
    code: 'merge-prompt',
    message: 'A learned prompt is put before the input and changes no weight, so there is nothing to merge.',
    fix: 'Download the adapter; peft loads it beside its model.',
  });
}
