/**
 * Frozen matrices in fewer bits. A packed matrix is an int32 tensor, so that it lives in the model's map of names like every
 * other tensor; what its words mean is kept here by the tensor's data. Only WebGPU kernels read packed words.
 */
import type * as tf from '@tensorflow/tfjs';

/** How a matrix is stored: 32-bit floats, half precision, or one byte a value with one scale a row. */
export type MatrixStore = 'f32' | 'f16' | 'i8';

/** What the words of a packed tensor mean. */
export interface PackedForm {
  /**
   * `f16`: [rows, columns/2] words of two halves, the first in the low bits.
   * `i8`: [rows, columns/4 + 1] words of four signed bytes, the first in the low bits; the last word of a row is its largest
   * absolute value as a float, which a byte of 127 stands for.
   */
  readonly store: 'f16' | 'i8';
  readonly rows: number;
  /** A multiple of 4. */
  readonly columns: number;
}

const forms = new WeakMap<object, PackedForm>();

/** Says what an int32 tensor's words mean. */
export function markPacked(tensor: tf.TensorInfo, form: PackedForm): void {
  forms.set(tensor.dataId, form);
}

/** What a tensor's words mean; undefined for ordinary tensors. */
export function packedForm(tensor: tf.TensorInfo): PackedForm | undefined {
  return forms.get(tensor.dataId);
}

/** How a matrix is stored. */
export function storeOf(tensor: tf.TensorInfo): MatrixStore {
  return packedForm(tensor)?.store ?? 'f32';
}

/** A tensor's shape as a matrix of numbers, however it is stored. */
export function valueShape(tensor: tf.TensorInfo): number[] {
  const form = packedForm(tensor);
  return form === undefined ? tensor.shape : [form.rows, form.columns];
}

/** Rows and columns of a matrix, however it is stored. */
export function matrixShape(matrix: tf.TensorInfo): [rows: number, columns: number] {
  const form = packedForm(matrix);
  return form === undefined ? (matrix.shape as [number, number]) : [form.rows, form.columns];
}
