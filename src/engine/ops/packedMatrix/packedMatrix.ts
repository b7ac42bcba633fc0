/** Packed matrices on the GPU: uploaded, unpacked into ordinary tensors, read back. WebGPU only; see packedForm.ts. */
import * as tf from '@tensorflow/tfjs';
import { allocate, readFreshInts, runKernel, uploadNow } from '../../runtime.ts';
import { elementKernel, elementWorkgroups } from '../wgsl.ts';
import { markPacked, packedForm, type PackedForm } from './packedForm.ts';
import { packedLoads, packedType } from './packedLoads.wgsl.ts';
import { unpackValues } from './packValues.ts';

/** A packed matrix of these words, kept until disposed. */
export function uploadPacked(words: Int32Array, form: PackedForm): tf.Tensor2D {
  const matrix = tf.keep(tf.tensor2d(words, [form.rows, words.length / form.rows], 'int32'));
  markPacked(matrix, form);
  uploadNow(matrix);
  return matrix;
}

/** The matrix as 32-bit floats [rows, columns]; an ordinary tensor comes back as it is. No gradient. */
export function unpacked<T extends tf.Tensor>(matrix: T): T {
  const form = packedForm(matrix);
  if (form === undefined) return matrix;
  const { store, rows, columns } = form;
  const y = allocate<tf.Rank.R2>([rows, columns]);
  const count = (rows * columns) / 4;
  runKernel({
    key: `unpack ${store}`,
    code: () =>
      elementKernel(
        { writes: { y: 'vec4<f32>' }, reads: { packed: packedType(store) }, u32: ['count', 'columns'] },
        'y[i] = packedValues(i / u.columns, i % u.columns);',
        packedLoads(store, 'packed', 'u.columns'),
      ),
    writes: [y],
    reads: [matrix],
    uniforms: { u32: [count, columns / 4] },
    workgroups: elementWorkgroups(count),
  });
  return y as tf.Tensor as T;
}

/** The numbers of a packed matrix, row-major. */
export async function readPacked(matrix: tf.Tensor, form: PackedForm): Promise<Float32Array> {
  return unpackValues(await readFreshInts(matrix), form);
}
