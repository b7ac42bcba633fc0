/** One AdamW step in plain tfjs. */
import * as tf from '@tensorflow/tfjs';
import type { AdamwOptions, AdamwState } from './adamw.ts';

/** See `adamwStep`. */
export function adamwStepReference(state: AdamwState, gradient: tf.Tensor, options: AdamwOptions): void {
  const { parameter, momentum, variance } = state;
  const { learningRate, beta1, beta2, epsilon, weightDecay, step, gradientScale } = options;
  tf.tidy(() => {
    const scaled = gradientScale === null ? gradient : tf.mul(gradient, gradientScale);
    momentum.assign(tf.add(tf.mul(momentum, beta1), tf.mul(scaled, 1 - beta1)));
    variance.assign(tf.add(tf.mul(variance, beta2), tf.mul(tf.square(scaled), 1 - beta2)));
    const root = tf.div(tf.sqrt(variance), Math.sqrt(1 - beta2 ** step));
    const update = tf.div(tf.div(momentum, 1 - beta1 ** step), tf.add(root, epsilon));
    const decayed = tf.mul(parameter, 1 - learningRate * weightDecay);
    parameter.assign(tf.sub(decayed, tf.mul(update, learningRate)));
  });
}
