/** Dropout in plain tfjs: the mask is computed on the CPU. */
import * as tf from '@tensorflow/tfjs';
import { dropoutMask } from './dropoutHash.ts';

/** x times its mask. */
export function dropoutReference<T extends tf.Tensor>(x: T, rate: number, seed: number): T {
  return tf.tidy(() => tf.mul<T>(x, tf.tensor(dropoutMask(x.size, rate, seed), x.shape)));
}
