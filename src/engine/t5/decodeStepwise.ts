/** Decoding token by token where each choice is made from scores read from the device: sampling, and greedy with changes. */
import * as tf from '@tensorflow/tfjs';
import { rankAll } from '../decoding/ranking.ts';
import type { RowCollector } from '../decoding/rowCollector.ts';
import { drawToken } from '../decoding/sampling.ts';
import { deriveSeed, makePrng } from '../../lib/prng.ts';
import type { DecodingRun } from './decodingRun.ts';
import { scoreRows, type RowScores } from './rowScores.ts';

/** How many of the best tokens are looked at before whole rows are asked for. */
const TOP_COUNT = 64;

/** Draws the tokens of every row. A row's draws do not depend on what else is in the batch. */
export async function decodeBySampling(run: DecodingRun, rows: RowCollector): Promise<void> {
  const { options } = run;
  const random = Array.from({ length: run.session.rowCount }, (_, row) =>
    makePrng(deriveSeed(options.seed, `row ${row}`)),
  );
  await decodeStepwise(run, rows, TOP_COUNT, async (scores, row) => {
    const uniform = random[row]!.next();
    const drawn = drawToken(scores.top(row), options, uniform);
    if (drawn !== null) return drawn;
    return drawToken(rankAll(await scores.whole(row), options.temperature), options, uniform)!;
  });
}

/** The likeliest token of processed scores, the lowest id among equals. */
export async function decodeGreedilyStepwise(run: DecodingRun, rows: RowCollector): Promise<void> {
  await decodeStepwise(run, rows, 1, async (scores, row) => argmax(await scores.whole(row)));
}

async function decodeStepwise(
  run: DecodingRun,
  rows: RowCollector,
  count: number,
  choose: (scores: RowScores, row: number) => Promise<number>,
): Promise<void> {
  const { session, options, endIds, signal } = run;
  const { temperature } = options;
  const histories = Array.from({ length: session.rowCount }, () => [run.startId]);
  let tokens = session.startTokens();
  try {
    for (let step = 1; step <= options.maxNewTokens; step++) {
      signal?.throwIfAborted();
      const scores = await scoreRows(
        tf.tidy(() => session.step(tokens)),
        histories,
        { count, temperature, asLogProbabilities: false, processors: options, endIds },
      );
      const ids = new Int32Array(session.rowCount);
      try {
        for (const [row, history] of histories.entries()) {
          const id = await choose(scores, row);
          ids[row] = id;
          history.push(id);
        }
      } finally {
        scores.dispose();
      }
      rows.add(ids);
      if (rows.areComplete()) return;
      tokens.dispose();
      tokens = tf.tensor1d(ids, 'int32');
    }
  } finally {
    tokens.dispose();
  }
}

function argmax(scores: Float32Array): number {
  let best = 0;
  for (let id = 1; id < scores.length; id++) if (scores[id]! > scores[best]!) best = id;
  return best;
}
