/** Cross-entropy over a vocabulary in plain tfjs. */
import * as tf from '@tensorflow/tfjs';
import { customGradient } from '../customGradient.ts';

/** See `tokenLosses`. */
export function tokenLossesReference(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Tensor1D {
  const [rowCount, vocabSize] = logits.shape;
  return tf.tidy(() => {
    const rowStarts = Int32Array.from({ length: rowCount }, (_, row) => row * vocabSize);
    const index = tf.add(tf.maximum(labels, tf.scalar(0, 'int32')), tf.tensor1d(rowStarts, 'int32'));
    const chosen = tf.gather(tf.reshape(logits, [rowCount * vocabSize]), index.toInt()); // [N]
    const losses: tf.Tensor1D = tf.sub(tf.logSumExp(logits, 1), chosen);
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
): tf.Tensor2D {
  return tf.tidy(() => {
    // A label outside the vocabulary, as -100, gives a row of zeros.
    const wanted = tf.oneHot(labels, logits.shape[1]).toFloat(); // WASM's oneHot of dtype float32 is wrong
    const rowScale = tf.expandDims(tf.mul(isLearned(labels), dy), 1); // [N,1]
    return tf.mul(tf.sub(tf.softmax(logits), wanted), rowScale);
  });
}

function isLearned(labels: tf.Tensor1D): tf.Tensor1D {
  return tf.greaterEqual<tf.Tensor1D>(labels, tf.scalar(0, 'int32')).toFloat();
}
