/** The gated GELU in plain tfjs. */
import * as tf from '@tensorflow/tfjs';

const sqrtTwoOverPi = Math.sqrt(2 / Math.PI);

/** gelu_new: 0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))). */
export function geluNew<T extends tf.Tensor>(x: T): T {
  return tf.tidy(() => {
    const cubic = tf.add(x, tf.mul(0.044715, tf.mul(x, tf.mul(x, x))));
    return tf.mul<T>(tf.mul(x, 0.5), tf.add(1, tf.tanh(tf.mul(sqrtTwoOverPi, cubic))));
  });
}

/** See `geluGate`. */
export function geluGateReference(gate: tf.Tensor2D, value: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => tf.mul(geluNew(gate), value));
}
