/** Cross-entropy over a vocabulary in plain tfjs. */
import * as tf from '@tensorflow/tfjs';
import { customGradient } from '../customGradient.ts';

/** See `tokenLosses`. */
export function tokenLossesReference(logits: tf.Tensor2D, labels: tf.Tensor1D, smoothing = 0): tf.Tensor1D {
  const [rowCount, vocabSize] = logits.shape;
  return tf.tidy(() => {
    const rowStarts = Int32Array.from({ length: rowCount }, (_, row) => row * vocabSize);
    const index = tf.add(tf.maximum(labels, tf.scalar(0, 'int32')), tf.tensor1d(rowStarts, 'int32'));
    const chosen = tf.gather(tf.reshape(logits, [rowCount * vocabSize]), index.toInt()); // [N]
    const mean: tf.Tensor1D = tf.mean(logits, 1);
    const spread: tf.Tensor1D = tf.add(tf.mul(chosen, 1 - smoothing), tf.mul(mean, smoothing));
    const wanted = smoothing === 0 ? chosen : spread;
    const losses: tf.Tensor1D = tf.sub(tf.logSumExp(logits, 1), wanted);
    return tf.mul(losses, isLearned(labels));
  });
}

/** See `crossEntropySum`. */
export function crossEntropySumReference(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar {
  return customGradient([logits] as const, (scores) => ({
    value: tf.sum<tf.Scalar>(tokenLossesReference(scores, labels)),
    saved: [scores, labels],
    gradient: (dy, saved) => {
      const [kept, targets] = saved as [tf.Tensor2D, tf.Tensor1D];
      return [logitsGradientReference(dy, kept, targets)];
    },
  }));
}

/** The gradient of dy times the sum of the losses, [N,V]. */
export function logitsGradientReference(
  dy: tf.Scalar,
  logits: tf.Tensor2D,
  labels: tf.Tensor1D,
  smoothing = 0,
): tf.Tensor2D {
  const vocabSize = logits.shape[1];
  return tf.tidy(() => {
    // A label outside the vocabulary, as -100, gives a row of zeros.
    const oneHot = tf.oneHot(labels, vocabSize).toFloat(); // WASM's oneHot of dtype float32 is wrong
    const wanted = smoothing === 0 ? oneHot : tf.add(tf.mul(oneHot, 1 - smoothing), smoothing / vocabSize);
    const rowScale = tf.expandDims(tf.mul(isLearned(labels), dy), 1); // [N,1]
    return tf.mul(tf.sub(tf.softmax(logits), wanted), rowScale);
  });
}

function isLearned(labels: tf.Tensor1D): tf.Tensor1D {
  return tf.greaterEqual<tf.Tensor1D>(labels, tf.scalar(0, 'int32')).toFloat();
}
