/** A model's tensors: one flat map under Hugging Face's names. Load, training, checkpoint and export all use this map. */
import * as tf from '@tensorflow/tfjs';
import { isWebgpu, readFresh } from './runtime.ts';

/** Hugging Face name → tensor. Those that are `tf.Variable`s are being trained; all others are frozen. */
export type Weights = ReadonlyMap<string, tf.Tensor>;

/** The named tensor with the rank its user expects. Throws if the model has none of that name. */
export function weight<R extends tf.Rank>(weights: Weights, name: string): tf.Tensor<R> {
  const tensor = weights.get(name);
  if (tensor === undefined) throw new Error(`The model has no tensor "${name}".`);
  return tensor as tf.Tensor<R>;
}

/** Whether a weight gets no gradient. */
export function isFrozen(tensor: tf.Tensor): boolean {
  return !(tensor instanceof tf.Variable);
}

/** Puts a tensor where the ops run at once, so that JavaScript need not hold a second copy until its first use. */
export function uploadWeight(shape: readonly number[], values: Float32Array): tf.Tensor {
  const tensor = tf.keep(tf.tensor(values, [...shape], 'float32'));
  if (isWebgpu()) {
    // Public in effect, but absent from tfjs's types for backends.
    (tf.backend() as unknown as { uploadToGPU(id: object): void }).uploadToGPU(tensor.dataId);
  }
  return tensor;
}

/** A variable with its own memory. `tf.variable(x)` shares x's buffer, which in-place updates would then change too. */
export function makeVariable(shape: readonly number[], values: Float32Array): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(values, [...shape], 'float32')));
}

/** A variable that starts as a copy of a tensor, in memory of its own. */
export function copyToVariable(tensor: tf.Tensor): tf.Variable {
  return tf.tidy(() => tf.variable(tf.mul(tensor, 1)));
}

/** Values of every tensor, read back one by one. */
export async function readWeights(
  weights: Weights,
): Promise<Map<string, { shape: number[]; values: Float32Array }>> {
  const values = new Map<string, { shape: number[]; values: Float32Array }>();
  for (const [name, tensor] of weights) {
    values.set(name, { shape: tensor.shape, values: await readFresh(tensor) });
  }
  return values;
}

/** Frees all tensors of a model. */
export function disposeWeights(weights: Weights): void {
  for (const tensor of weights.values()) tensor.dispose();
}
