/** RMSNorm in plain tfjs. */
import * as tf from '@tensorflow/tfjs';
import { withoutGradient } from '../customGradient.ts';

/** See `rmsNorm`. */
export function rmsNormReference(
  x: tf.Tensor2D,
  weight: tf.Tensor1D,
  epsilon: number,
  frozen: boolean,
): tf.Tensor2D {
  return tf.tidy(() => {
    const meanSquare = tf.mean(tf.square(x), -1, true); // [M,1]
    const normalised = tf.mul(x, tf.rsqrt(tf.add(meanSquare, epsilon)));
    return tf.mul(normalised, frozen ? withoutGradient(weight) : weight);
  });
}
