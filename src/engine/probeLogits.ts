/** Two passes over the same short input, compared by their scores: what an adapter's way through a file must not change. */
import * as tf from '@tensorflow/tfjs';
import { readFresh } from './runtime.ts';
import type { ForwardPass } from './t5/forwardPass.ts';
import { forward } from './t5/t5.ts';

/** Largest difference of any logit; `ids` [S] is read by the encoder and its first half again by the decoder. */
export async function largestLogitDifference(
  a: ForwardPass,
  b: ForwardPass,
  ids: Int32Array,
): Promise<number> {
  const decoderIds = Int32Array.from([a.config.decoderStartTokenId, ...ids.slice(0, ids.length >> 1)]);
  const difference = tf.tidy(() => {
    const batch = {
      inputIds: tf.tensor1d(ids, 'int32'),
      inputMask: tf.ones<tf.Rank.R2>([1, ids.length], 'int32'),
      decoderInputIds: tf.tensor1d(decoderIds, 'int32'),
      labels: tf.tensor1d(decoderIds, 'int32'),
    };
    return tf.max(tf.abs(tf.sub(forward(a, batch), forward(b, batch))));
  });
  const [largest] = await readFresh(difference);
  difference.dispose();
  return largest!;
}
