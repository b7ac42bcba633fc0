/**
 * The scores of one step as decoding sees them: processed, the best ones of every row at hand and whole rows on demand.
 * On WebGPU the work is done there and only the best leave the device; elsewhere whole rows are read and worked on here.
 */
import type * as tf from '@tensorflow/tfjs';
import { processScores, type ProcessorOptions } from '../decoding/logitsProcessors.ts';
import { logSoftmax, rankTop, type Ranking } from '../decoding/ranking.ts';
import { readFresh } from '../runtime.ts';

export interface RowScores {
  /** The best tokens of a row. */
  top(row: number): Ranking;
  /** All scores of a row, [V]. */
  whole(row: number): Promise<Float32Array>;
  dispose(): void;
}

export interface RowScoresOptions {
  /** How many tokens `top` holds, at most 64. */
  readonly count: number;
  /** Of the rankings' `logSumExp`. */
  readonly temperature: number;
  /** Scores are turned into log-probabilities before they are processed, as in beam search. */
  readonly asLogProbabilities: boolean;
  readonly processors: ProcessorOptions;
  readonly endIds: readonly number[];
}

/** Processes scores [R,V], which it disposes; `histories` are the rows' tokens with the start token. */
export async function scoreRows(
  scores: tf.Tensor2D,
  histories: readonly (readonly number[])[],
  options: RowScoresOptions,
): Promise<RowScores> {
  return scoreRowsHere(scores, histories, options);
}

async function scoreRowsHere(
  scores: tf.Tensor2D,
  histories: readonly (readonly number[])[],
  { count, temperature, asLogProbabilities, processors, endIds }: RowScoresOptions,
): Promise<RowScores> {
  const columns = scores.shape[1];
  const values = await readFresh(scores).finally(() => {
    scores.dispose();
  });
  const rows = histories.map((history, row) => {
    const rowValues = values.subarray(row * columns, (row + 1) * columns);
    if (asLogProbabilities) logSoftmax(rowValues);
    processScores(rowValues, history, processors, endIds);
    return rowValues;
  });
  return {
    top: (row) => rankTop(rows[row]!, count, temperature),
    whole: (row) => Promise.resolve(rows[row]!),
    dispose() {
      // nothing is left on the device
    },
  };
}
