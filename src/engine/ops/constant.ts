/**
 * Tensors that no trained number goes into, such as the embeddings under a frozen table. Nobody asks for their gradients, so
 * what only those need is neither kept nor computed: below the first adapters of a stack there is nothing to go back to.
 */
import type * as tf from '@tensorflow/tfjs';

const constants = new WeakSet<tf.Tensor>();

/** The tensor, from now on known as constant. Copies of it are not. */
export function asConstant<T extends tf.Tensor>(tensor: T): T {
  constants.add(tensor);
  return tensor;
}

/** Whether the tensor is known to be constant. False is always safe: gradients are then computed and dropped. */
export function isConstant(tensor: tf.Tensor): boolean {
  return constants.has(tensor);
}
