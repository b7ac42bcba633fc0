/** Layers in plain tfjs. */
import * as tf from '@tensorflow/tfjs';
import { withoutGradient } from '../customGradient.ts';
import { dropoutReference } from '../dropout/dropout.ref.ts';
import type { LinearEnd } from './linear.ts';
import type { LowRank } from './loraLinear.ts';

/** x·Wᵀ, x [M,K], W [N,K] -> [M,N], differentiated by tfjs itself: the definition of correct for `linear`. */
export function linearReference(x: tf.Tensor2D, weight: tf.Tensor2D): tf.Tensor2D {
  return tf.matMul(x, weight, false, true);
}

/** `linear` with a residual, differentiated by tfjs. */
export function linearEndReference(x: tf.Tensor2D, weight: tf.Tensor2D, residual: tf.Tensor2D): tf.Tensor2D {
  return tf.add(linearReference(x, weight), residual);
}

/** `loraLinear` by its definition, differentiated by tfjs; the weight is a constant. */
export function loraLinearReference(
  x: tf.Tensor2D,
  weight: tf.Tensor2D,
  { a, b, factor, dropoutRate, seed }: LowRank,
  { relu = false, residual }: LinearEnd = {},
): tf.Tensor2D {
  const input = dropoutRate > 0 ? dropoutReference(x, dropoutRate, seed) : x;
  const low = linearReference(linearReference(input, a), b); // [M,N]
  const sum = tf.add<tf.Tensor2D>(linearReference(x, withoutGradient(weight)), tf.mul(low, factor));
  const end = relu ? tf.relu(sum) : sum;
  return residual === undefined ? end : tf.add(end, residual);
}
