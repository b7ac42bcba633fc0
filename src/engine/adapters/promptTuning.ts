/** Prompt tuning (arXiv:2104.08691): learned vectors stand before the encoder's input, seen by every position. */
import * as tf from '@tensorflow/tfjs';
import type { ActiveAdapter } from './adapter.ts';

/** Vectors put before each input: P. */
export function promptLength(active: ActiveAdapter | null): number {
  return active !== null && active.adapter.plan.kind === 'prompt-tuning' ? active.adapter.plan.tokenCount : 0;
}

/** Embedded inputs with the vectors before each; x [B·S,D] -> [B·(P+S),D]. */
export function prependPrompt(active: ActiveAdapter | null, x: tf.Tensor2D, batch: number): tf.Tensor2D {
  const length = promptLength(active);
  const prompt = active?.adapter.prompt ?? null;
  if (length === 0 || prompt === null) return x;
  const width = x.shape[1];
  const vectors = tf.slice(prompt as tf.Tensor as tf.Tensor2D, [0, 0], [length, width]); // [P,D]
  const rows = tf.tile(tf.reshape(vectors, [1, length, width]), [batch, 1, 1]); // [B,P,D]
  const joined = tf.concat([rows, tf.reshape(x, [batch, -1, width])], 1); // [B,P+S,D]
  return tf.reshape(joined, [-1, width]);
}

/** The encoder's mask with a one for every vector; [B,S] int32 -> [B,P+S]. */
export function promptedMask(active: ActiveAdapter | null, mask: tf.Tensor2D): tf.Tensor2D {
  const length = promptLength(active);
  if (length === 0) return mask;
  return tf.concat([tf.ones<tf.Rank.R2>([mask.shape[0], length], 'int32'), mask], 1);
}
