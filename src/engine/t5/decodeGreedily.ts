/**
 * Greedy decoding: the likeliest token each time. Tokens stay on the device and are read every few steps; penalties, which
 * need them, are worked out there too, on WebGPU only.
 */
import * as tf from '@tensorflow/tfjs';
import { processesNothing } from '../decoding/logitsProcessors.ts';
import type { RowCollector } from '../decoding/rowCollector.ts';
import { argmaxRows } from '../ops/argmaxRows/argmaxRows.ts';
import { processRows } from '../ops/processRows/processRows.ts';
import { makeTokenHistory, type TokenHistory } from '../ops/processRows/tokenHistory.ts';
import { readFreshInts } from '../runtime.ts';
import type { DecodingRun } from './decodingRun.ts';

/** Decodes until every row has ended or the longest output is reached. */
export async function decodeGreedily(run: DecodingRun, rows: RowCollector): Promise<void> {
  const { session, options, readEvery, signal } = run;
  let unread: tf.Tensor1D[] = [session.startTokens()];
  let newest = unread[0]!;
  const history = processesNothing(options)
    ? undefined
    : makeTokenHistory(session.rowCount, options.maxNewTokens);
  try {
    for (let step = 1; step <= options.maxNewTokens; step++) {
      signal?.throwIfAborted();
      history?.append(newest);
      newest = tf.keep(tf.tidy(() => argmaxRows(processed(session.step(newest), run, history)))); // [B]
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
    history?.dispose();
  }
}

function processed(
  scores: tf.Tensor2D,
  { options, endIds }: DecodingRun,
  history: TokenHistory | undefined,
): tf.Tensor2D {
  if (history !== undefined) processRows(scores, history.tokens, history.length, options, endIds);
  return scores;
}
