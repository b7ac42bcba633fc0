/** Kernels that only decoding uses. */
import * as tf from '@tensorflow/tfjs';
import { decodingOptions } from '../../src/engine/decoding/decodingOptions.ts';
import { argmaxRows } from '../../src/engine/ops/argmaxRows/argmaxRows.ts';
import {
  cachedAttention,
  cachedCrossAttention,
} from '../../src/engine/ops/cachedAttention/cachedAttention.ts';
import { makeKeyValueCache } from '../../src/engine/ops/cachedAttention/keyValueCache.ts';
import { logSoftmaxRows } from '../../src/engine/ops/logSoftmaxRows/logSoftmaxRows.ts';
import { processRows } from '../../src/engine/ops/processRows/processRows.ts';
import { topKRows } from '../../src/engine/ops/topKRows/topKRows.ts';
import { kernelLine, type KernelLine, type LineSizes, type OpenLine } from './kernelLine.ts';

export function decodingLines(sizes: LineSizes): KernelLine[] {
  const { rows, width, vocabSize } = sizes;
  const scores = 4 * rows * vocabSize;
  const line = (op: string, part: string, bytes: number, open: () => OpenLine): KernelLine =>
    kernelLine(op, part, { bytes }, open);
  const overScores = (op: (given: tf.Tensor2D) => tf.TensorContainer) => (): OpenLine => {
    const given = tf.randomUniform<tf.Rank.R2>([rows, vocabSize]);
    return { run: () => op(given), dispose: () => given.dispose() };
  };
  return [
    line('argmaxRows', '', scores, overScores(argmaxRows)),
    line(
      'topKRows',
      '50 of each',
      scores,
      overScores((given) => ({ ...topKRows(given, 50, 1) })),
    ),
    line('logSoftmaxRows', '', 2 * scores, overScores(logSoftmaxRows)),
    line('processRows', '', 4 * rows * historyLength, () => processLine(rows, vocabSize)),
    line('cachedAttention', 'over a cache', 8 * rows * width, () => cacheLine(sizes)),
    line('cachedAttention', 'over the input', 8 * rows * width, () => crossLine(sizes)),
  ];
}

/** Tokens that repetitions are looked for in. */
const historyLength = 64;

/** The history is what must be read; few scores are touched. */
function processLine(rows: number, vocabSize: number): OpenLine {
  const scores = tf.randomUniform<tf.Rank.R2>([rows, vocabSize]);
  const tokens = Int32Array.from({ length: rows * historyLength }, (_, i) => (31 * i) % vocabSize);
  const history = tf.tensor2d(tokens, [rows, historyLength], 'int32');
  const options = decodingOptions({ repetitionPenalty: 1.1, noRepeatNgramSize: 3 });
  return {
    run: () => processRows(scores, history, historyLength, options, [1]),
    dispose: () => tf.dispose([scores, history]),
  };
}

/** As many keys and values as there are rows, of one query per sequence. */
function cacheLine({ rows, width, heads, batch }: LineSizes): OpenLine {
  const length = rows / batch;
  const cache = makeKeyValueCache(batch, width, length);
  const query = tf.randomUniform<tf.Rank.R2>([batch, width]);
  for (let i = 0; i < length; i++) cache.append(query, query);
  return {
    run: () => cachedAttention(query, cache, { heads, bias: null }),
    dispose() {
      cache.dispose();
      query.dispose();
    },
  };
}

function crossLine({ rows, width, heads, batch }: LineSizes): OpenLine {
  const query = tf.randomUniform<tf.Rank.R2>([batch, width]);
  const [key, value] = [0, 1].map(() => tf.randomUniform<tf.Rank.R2>([rows, width]));
  const options = { batch, queriesPerSequence: 1, heads, keyLength: rows / batch, keyMask: null };
  return {
    run: () => cachedCrossAttention(query, key!, value!, options),
    dispose: () => tf.dispose([query, key!, value!]),
  };
}
