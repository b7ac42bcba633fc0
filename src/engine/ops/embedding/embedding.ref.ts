/** Embedding rows in plain tfjs. */
import * as tf from '@tensorflow/tfjs';
import { customGradient, withoutGradient } from '../customGradient.ts';

/** See `embedding`. */
export function embeddingReference(table: tf.Tensor2D, ids: tf.Tensor1D, frozen: boolean): tf.Tensor2D {
  if (frozen) return tf.gather(withoutGradient(table), ids);
  const rowCount = table.shape[0];
  return customGradient([table] as const, (rows) => ({
    value: tf.gather(rows, ids),
    saved: [ids],
    gradient: (dy, [indices]) => [tf.unsortedSegmentSum(dy, indices as tf.Tensor1D, rowCount)],
  }));
}
