/** The norm of many tensors in plain tfjs. */
import * as tf from '@tensorflow/tfjs';

/** See `globalNorm`. */
export function globalNormReference(gradients: readonly tf.Tensor[]): tf.Scalar {
  return tf.tidy(() => {
    const squares = gradients.map((gradient) => tf.sum<tf.Scalar>(tf.square(gradient)));
    return tf.sqrt(squares.reduce((total, square) => tf.add(total, square), tf.scalar(0)));
  });
}
