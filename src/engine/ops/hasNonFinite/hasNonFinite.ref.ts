/** Non-finite numbers in plain tfjs. */
import * as tf from '@tensorflow/tfjs';

/** See `hasNonFinite`: ∞·0 and NaN·0 are NaN, and sums keep it. */
export function hasNonFiniteReference(x: tf.Tensor): tf.Scalar {
  return tf.tidy(() => tf.sum<tf.Scalar>(tf.mul(x, 0)));
}
