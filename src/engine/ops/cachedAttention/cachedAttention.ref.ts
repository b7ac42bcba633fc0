/** Attention of one new token per sequence in plain tfjs. */
import * as tf from '@tensorflow/tfjs';
import { attentionReference } from '../attention/attention.ref.ts';
import type { KeyValueCache } from './keyValueCache.ts';

/** See `cachedAttention`. */
export function cachedAttentionReference(
  query: tf.Tensor2D,
  cache: KeyValueCache,
  heads: number,
  bias: tf.Tensor4D | null,
): tf.Tensor2D {
  const { batch, width, length } = cache;
  return tf.tidy(() => {
    const rows = (x: tf.Tensor3D): tf.Tensor2D =>
      tf.reshape(tf.slice(x, [0, 0, 0], [batch, length, width]), [batch * length, width]);
    return attentionReference(
      { query, key: rows(cache.keys), value: rows(cache.values) },
      {
        batch,
        heads,
        queryLength: 1,
        keyLength: length,
        bias: bias === null ? null : tf.slice(bias, [0, 0, length - 1, 0], [1, heads, 1, length]),
        keyMask: null,
        causal: false,
        dropoutRate: 0,
        seed: 0,
      },
    );
  });
}
