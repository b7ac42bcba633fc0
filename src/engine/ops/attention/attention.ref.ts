/** Attention in plain tfjs: heads split by transposes, probabilities materialised. */
import * as tf from '@tensorflow/tfjs';
import { withoutGradient } from '../customGradient.ts';
import { dropoutReference } from '../dropout/dropout.ref.ts';
import type { AttentionInputs, AttentionOptions } from './attention.ts';

/** `torch.finfo(torch.float32).min`, what Hugging Face adds to masked scores. Adding it to any score gives itself. */
export const maskedScore = -3.4028234663852886e38;

/** See `attention`. */
export function attentionReference(inputs: AttentionInputs, options: AttentionOptions): tf.Tensor2D {
  const { batch, heads, queryLength, keyLength, bias, biasFrozen, dropoutRate, seed } = options;
  const headSize = inputs.query.shape[1] / heads;
  return tf.tidy(() => {
    const split = (x: tf.Tensor2D, length: number): tf.Tensor4D =>
      tf.reshape(x, [batch, length, heads, headSize]); // [B,length,H,K]
    const query = tf.transpose(split(inputs.query, queryLength), [0, 2, 1, 3]); // [B,H,Q,K]
    const key = tf.transpose(split(inputs.key, keyLength), [0, 2, 1, 3]); // [B,H,S,K]
    const value = tf.transpose(split(inputs.value, keyLength), [0, 2, 1, 3]); // [B,H,S,K]
    let scores: tf.Tensor4D = tf.matMul(query, key, false, true); // [B,H,Q,S]
    if (bias !== null) scores = tf.add(scores, biasFrozen === true ? withoutGradient(bias) : bias);
    const mask = additiveMask(options);
    if (mask !== null) scores = tf.add(scores, mask);
    let probabilities = tf.softmax(scores); // [B,H,Q,S]
    if (dropoutRate > 0) probabilities = dropoutReference(probabilities, dropoutRate, seed);
    const context = tf.transpose(tf.matMul(probabilities, value), [0, 2, 1, 3]); // [B,Q,H,K]
    return tf.reshape(context, [batch * queryLength, heads * headSize]); // [B*Q,H*K]
  });
}

/** 0 where a query may look, `maskedScore` where not; broadcastable to [B,H,Q,S]. */
function additiveMask({
  batch,
  queryLength,
  keyLength,
  keyMask,
  causal,
}: AttentionOptions): tf.Tensor4D | null {
  let allowed: tf.Tensor4D | null = null;
  if (keyMask !== null) allowed = tf.reshape(tf.cast(keyMask, 'float32'), [batch, 1, 1, keyLength]);
  if (causal) {
    const visible = new Float32Array(queryLength * keyLength);
    for (let q = 0; q < queryLength; q++) {
      visible.fill(1, q * keyLength, q * keyLength + Math.min(keyLength, q + 1 + keyLength - queryLength));
    }
    const causalMask = tf.tensor4d(visible, [1, 1, queryLength, keyLength]);
    allowed = allowed === null ? causalMask : tf.mul(allowed, causalMask);
  }
  return allowed === null ? null : tf.mul(tf.sub(1, allowed), maskedScore);
}
