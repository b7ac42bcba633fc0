/** Validation loss: mean cross-entropy per learned token over all batches, without dropout. */
import * as tf from '@tensorflow/tfjs';
import type { Batch } from '../data/batch.ts';
import { readFresh } from '../engine/runtime.ts';
import { uploadBatch } from '../engine/t5/batchTensors.ts';
import type { ForwardPass } from '../engine/t5/forwardPass.ts';
import { loss } from '../engine/t5/t5.ts';

/** Nats per learned token; null when there are no learned tokens or `signal` stopped it. */
export async function evaluationLoss(
  pass: ForwardPass,
  batches: Iterable<Batch>,
  signal?: AbortSignal,
): Promise<number | null> {
  let sum = 0;
  let tokens = 0;
  for (const batch of batches) {
    if (signal?.aborted === true) return null;
    const batchSum = tf.tidy(() => loss(pass, uploadBatch(batch), 1));
    const [value] = await readFresh(batchSum);
    batchSum.dispose();
    sum += value!;
    tokens += batch.labelTokenCount;
  }
  return tokens === 0 ? null : sum / tokens;
}
