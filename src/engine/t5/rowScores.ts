/**
 * The scores of one step as decoding sees them: processed, the best ones of every row at hand and whole rows on demand.
 * On WebGPU the work is done there and only the best leave the device; elsewhere whole rows are read and worked on here.
 */
import * as tf from '@tensorflow/tfjs';
import { processesNothing, processScores, type ProcessorOptions } from '../decoding/logitsProcessors.ts';
import { logSoftmax, rankTop, type Ranking } from '../decoding/ranking.ts';
import { logSoftmaxRows } from '../ops/logSoftmaxRows/logSoftmaxRows.ts';
import { BANNED, processRows } from '../ops/processRows/processRows.ts';
import { topKRows } from '../ops/topKRows/topKRows.ts';
import { isWebgpu, readFresh, readFreshInts } from '../runtime.ts';

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
  return isWebgpu()
    ? scoreRowsOnDevice(scores, histories, options)
    : scoreRowsHere(scores, histories, options);
}

async function scoreRowsOnDevice(
  scores: tf.Tensor2D,
  histories: readonly (readonly number[])[],
  { count, temperature, asLogProbabilities, processors, endIds }: RowScoresOptions,
): Promise<RowScores> {
  const columns = scores.shape[1];
  const size = Math.min(count, columns);
  const processed = asLogProbabilities ? tf.tidy(() => logSoftmaxRows(scores)) : scores; // [R,V]
  if (processed !== scores) scores.dispose();
  const top = tf.tidy(() => {
    if (!processesNothing(processors)) {
      const past = historyTensor(histories); // [R,T]
      processRows(processed, past, past.shape[1], processors, endIds);
    }
    return { ...topKRows(processed, size, temperature) };
  });
  const reads = Promise.all([readFreshInts(top.ids), readFresh(top.scores), readFresh(top.logSumExp)]);
  const [ids, best, sums] = await reads.finally(() => {
    tf.dispose(top);
  });
  let whole: Promise<Float32Array> | undefined;
  return {
    top: (row) => ({
      ids: ids.subarray(row * size, (row + 1) * size),
      scores: best.subarray(row * size, (row + 1) * size).map(unbanned),
      logSumExp: sums[row]!,
      isWhole: size === columns,
    }),
    async whole(row) {
      whole ??= readFresh(processed);
      return (await whole).subarray(row * columns, (row + 1) * columns).map(unbanned);
    },
    dispose() {
      processed.dispose();
    },
  };
}

/** The rows' tokens, [R,T] int32. Rows that ended earlier, whose scores nobody asks for, are filled up. */
function historyTensor(histories: readonly (readonly number[])[]): tf.Tensor2D {
  const length = Math.max(...histories.map((history) => history.length));
  const ids = new Int32Array(histories.length * length);
  for (const [row, history] of histories.entries()) ids.set(history, row * length);
  return tf.tensor2d(ids, [histories.length, length], 'int32');
}

function unbanned(score: number): number {
  return score === BANNED ? -Infinity : score;
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
