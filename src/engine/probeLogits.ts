/** Scores of a pass on a short fixed input: what an adapter's way through a file, or into another library, must not change. */
import * as tf from '@tensorflow/tfjs';
import { readFresh } from './runtime.ts';
import type { ForwardPass } from './t5/forwardPass.ts';
import { forward } from './t5/t5.ts';

/** A probe's input and what came out. */
export interface Probe {
  /** [S] */
  inputIds: Int32Array;
  /** [T] */
  decoderInputIds: Int32Array;
  /** [T,V], row-major. */
  logits: Float32Array;
}

/** Logits for `ids` [S] read by the encoder and their first half, after the start token, read by the decoder. */
export async function probeLogits(pass: ForwardPass, ids: Int32Array): Promise<Probe> {
  const decoderInputIds = Int32Array.from([
    pass.config.decoderStartTokenId,
    ...ids.slice(0, ids.length >> 1),
  ]);
  const scores = tf.tidy(() =>
    forward(pass, {
      inputIds: tf.tensor1d(ids, 'int32'),
      inputMask: tf.ones<tf.Rank.R2>([1, ids.length], 'int32'),
      decoderInputIds: tf.tensor1d(decoderInputIds, 'int32'),
      labels: tf.tensor1d(decoderInputIds, 'int32'),
    }),
  ); // [T,V]
  const logits = await readFresh(scores);
  scores.dispose();
  return { inputIds: ids, decoderInputIds, logits };
}
