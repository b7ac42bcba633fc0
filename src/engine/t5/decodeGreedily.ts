/** Greedy decoding: the likeliest token each time. Tokens stay on the device and are read every few steps. */
import * as tf from '@tensorflow/tfjs';
import type { RowCollector } from '../decoding/rowCollector.ts';
import { argmaxRows } from '../ops/argmaxRows/argmaxRows.ts';
import { readFreshInts } from '../runtime.ts';
import type { DecodingRun } from './decodingRun.ts';

/** Decodes until every row has ended or the longest output is reached. */
export async function decodeGreedily(run: DecodingRun, rows: RowCollector): Promise<void> {
  const { session, options, readEvery, signal } = run;
  let unread: tf.Tensor1D[] = [session.startTokens()];
  let newest = unread[0]!;
  try {
    for (let step = 1; step <= options.maxNewTokens; step++) {
      signal?.throwIfAborted();
      newest = tf.keep(tf.tidy(() => argmaxRows(session.step(newest)))); // [B]
      unread.push(newest);
      if (step % readEvery !== 0 && step !== options.maxNewTokens) continue;
      const stacked = tf.stack(unread.slice(1)); // [steps,B]; the first was read before
      const ids = await readFreshInts(stacked);
      stacked.dispose();
      tf.dispose(unread.slice(0, -1));
      unread = [newest];
      rows.add(ids);
      if (rows.areComplete()) return;
    }
  } finally {
    tf.dispose(unread);
  }
}
