/** A model's tensors: one flat map under Hugging Face's names. Load, training, checkpoint and export all use this map. */
import * as tf from '@tensorflow/tfjs';
import { packedForm } from './ops/packedMatrix/packedForm.ts';
import { readPacked, unpacked, uploadPacked } from './ops/packedMatrix/packedMatrix.ts';
import { packBytes, packHalves, packHalvesExactly } from './ops/packedMatrix/packValues.ts';
import { isWebgpu, readFresh, uploadNow } from './runtime.ts';

/**
 * Hugging Face name → tensor. Those that are `tf.Variable`s are being trained; all others are frozen. Frozen matrices may be
 * packed (ops/packedMatrix): `linear` and `embedding` take them as they are, all other code through `readWeight`,
 * `copyToVariable` or `unpacked`.
 */
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

/**
 * In how many bits frozen matrices are kept on WebGPU. `auto`: 16 where every value is a half exactly, else 32. `f16` rounds
 * to the nearest half, `i8` to 255 steps a row; a matrix with values that do not fit stays in 32 bits.
 */
export type WeightPrecision = 'auto' | 'f32' | 'f16' | 'i8';

/** Puts a frozen tensor of a model on the device. Norms and position biases are small and kept in 32 bits. */
export function uploadFrozen(
  name: string,
  shape: readonly number[],
  values: Float32Array,
  precision: WeightPrecision,
): tf.Tensor {
  const [rows, columns] = shape;
  const isMatrix = shape.length === 2 && !name.endsWith('relative_attention_bias.weight');
  if (!isWebgpu() || !isMatrix || rows === undefined || columns === undefined || columns % 4 !== 0) {
    return uploadWeight(shape, values);
  }
  const words = packed(values, rows, columns, precision);
  if (words === null) return uploadWeight(shape, values);
  return uploadPacked(words, { store: precision === 'i8' ? 'i8' : 'f16', rows, columns });
}

function packed(
  values: Float32Array,
  rows: number,
  columns: number,
  precision: WeightPrecision,
): Int32Array | null {
  switch (precision) {
    case 'auto':
      return packHalvesExactly(values);
    case 'f16':
      return packHalves(values);
    case 'i8':
      return packBytes(values, rows, columns);
    case 'f32':
      return null;
  }
}

/** Puts a tensor where the ops run at once, so that JavaScript need not hold a second copy until its first use. */
export function uploadWeight(shape: readonly number[], values: Float32Array): tf.Tensor {
  const tensor = tf.keep(tf.tensor(values, [...shape], 'float32'));
  uploadNow(tensor);
  return tensor;
}

/** A variable with its own memory. `tf.variable(x)` shares x's buffer, which in-place updates would then change too. */
export function makeVariable(shape: readonly number[], values: Float32Array): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(values, [...shape], 'float32')));
}

/** A variable that starts as a copy of a tensor, in memory of its own. */
export function copyToVariable(tensor: tf.Tensor): tf.Variable {
  return tf.tidy(() => {
    const values = unpacked(tensor);
    return tf.variable(values === tensor ? tf.mul(tensor, 1) : values);
  });
}

/** Values of a tensor, packed or not, row-major; its shape is `valueShape(tensor)`. */
export async function readWeight(tensor: tf.Tensor): Promise<Float32Array> {
  const form = packedForm(tensor);
  return form === undefined ? readFresh(tensor) : readPacked(tensor, form);
}

/** Bytes that the tensors take on the device. */
export function weightBytes(weights: Weights): number {
  return [...weights.values()].reduce((sum, { size }) => sum + 4 * size, 0);
}

/** Frees all tensors of a model. */
export function disposeWeights(weights: Weights): void {
  for (const tensor of weights.values()) tensor.dispose();
}
