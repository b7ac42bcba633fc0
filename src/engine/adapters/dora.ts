/**
 * DoRA (arXiv:2402.09353): the tuned matrix W + s·B·A is scaled row by row to trained lengths m. As in PEFT the lengths
 * that it has by itself count as constants in the gradient (section 4.3 of the paper).
 */
import * as tf from '@tensorflow/tfjs';
import { customGradient } from '../ops/customGradient.ts';
import { unpacked } from '../ops/packedMatrix/packedMatrix.ts';
import type { LoraPair } from './adapter.ts';

/** Euclidean length of every row; matrix [out,in] -> [out]. */
export function rowLengths(matrix: tf.Tensor2D): tf.Tensor1D {
  return tf.tidy(() => tf.sqrt(tf.sum(tf.square(unpacked(matrix)), 1)));
}

/** m / ‖W + s·B·A‖ of every row, [out]; differentiable in m only. */
export function doraFactor({ a, b, scaling, magnitude }: LoraPair, matrix: tf.Tensor2D): tf.Tensor1D {
  if (magnitude === null) throw new Error('The module has no lengths: it is plain LoRA.');
  return customGradient([magnitude as tf.Tensor as tf.Tensor1D] as const, (lengths) => {
    const tuned = tf.add(unpacked(matrix), tf.mul(tf.matMul(b as tf.Tensor2D, a as tf.Tensor2D), scaling)); // [out,in]
    const present = rowLengths(tuned as tf.Tensor2D); // [out]
    return {
      value: tf.div(lengths, present),
      saved: [present],
      gradient: (dy, [kept]) => [tf.div(dy, kept!)],
    };
  });
}
