/** T5's relative position bias in plain tfjs. */
import * as tf from '@tensorflow/tfjs';
import { embeddingReference } from '../embedding/embedding.ref.ts';

/** See `relativeBias`. */
export function relativeBiasReference(
  table: tf.Tensor2D,
  bucketIds: tf.Tensor1D,
  queryLength: number,
  keyLength: number,
  frozen: boolean,
): tf.Tensor4D {
  const heads = table.shape[1];
  return tf.tidy(() => {
    const rows = embeddingReference(table, bucketIds, frozen); // [Q*S,H]
    return tf.reshape(tf.transpose(rows), [1, heads, queryLength, keyLength]); // [1,H,Q,S]
  });
}
