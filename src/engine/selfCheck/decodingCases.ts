/** Cases of the ops that only decoding uses. None has a gradient. */
import * as tf from '@tensorflow/tfjs';
import { decodingOptions } from '../decoding/decodingOptions.ts';
import { processScores } from '../decoding/logitsProcessors.ts';
import { rankTop } from '../decoding/ranking.ts';
import { argmaxRows } from '../ops/argmaxRows/argmaxRows.ts';
import { cachedAttention, cachedCrossAttention } from '../ops/cachedAttention/cachedAttention.ts';
import { makeKeyValueCache } from '../ops/cachedAttention/keyValueCache.ts';
import { logSoftmaxRows } from '../ops/logSoftmaxRows/logSoftmaxRows.ts';
import { processRows } from '../ops/processRows/processRows.ts';
import { makeTokenHistory } from '../ops/processRows/tokenHistory.ts';
import { topKRows } from '../ops/topKRows/topKRows.ts';
import type { Draw } from './draw.ts';
import { ints, SUM_TOLERANCE as tolerance, type CaseMakers, type UnnamedCase } from './opCase.ts';

export const decodingCases: CaseMakers = {
  'cachedAttention, over a cache': (draw) => {
    const [batch, heads, headSize, steps] = [
      1 + draw.size(3),
      draw.size(3),
      draw.width(16),
      1 + draw.size(5),
    ];
    const width = heads * headSize;
    const parents = draw.ints(batch, batch);
    return {
      sizes: `${batch}×${heads} heads of ${headSize}, ${steps} positions`,
      inputs: [
        draw.floats([batch, width]),
        draw.floats([steps, batch, width]),
        draw.floats([steps, batch, width]),
        draw.floats([1, heads, steps, steps]),
      ],
      isForwardOnly: true,
      tolerance,
      run: (query, keys, values, bias) => {
        const cache = makeKeyValueCache(batch, width, steps);
        const rowsOf = (all: tf.Tensor, step: number): tf.Tensor2D =>
          tf.reshape(tf.slice(all, [step, 0, 0], [1, batch, width]), [batch, width]);
        for (let step = 0; step < steps; step++) {
          if (step === steps - 1) cache.reorder(ints(parents));
          cache.append(rowsOf(keys, step), rowsOf(values, step));
        }
        const context = cachedAttention(query as tf.Tensor2D, cache, { heads, bias: bias as tf.Tensor4D });
        cache.dispose();
        return context;
      },
    };
  },
  'cachedAttention, over the input': (draw) => {
    const [batch, heads, headSize, keyLength] = [draw.size(3), draw.size(3), draw.width(16), draw.size(20)];
    const [width, queriesPerSequence] = [heads * headSize, draw.size(3)];
    const mask = draw
      .ints(batch * keyLength, 4)
      .map((value, i) => (i % keyLength === 0 || value > 0 ? 1 : 0));
    return {
      sizes: `${batch}×${heads} heads of ${headSize}, ${queriesPerSequence} queries, ${keyLength} keys`,
      inputs: [
        draw.floats([batch * queriesPerSequence, width]),
        draw.floats([batch * keyLength, width]),
        draw.floats([batch * keyLength, width]),
      ],
      isForwardOnly: true,
      tolerance,
      run: (query, key, value) =>
        cachedCrossAttention(query as tf.Tensor2D, key as tf.Tensor2D, value as tf.Tensor2D, {
          batch,
          queriesPerSequence,
          heads,
          keyLength,
          keyMask: tf.tensor2d(mask.slice(), [batch, keyLength], 'int32'),
        }),
    };
  },
  argmaxRows: (draw) => {
    const [rows, columns] = [draw.size(20), draw.size(200)];
    return {
      sizes: `${rows}×${columns}`,
      inputs: [draw.floats([rows, columns])],
      isForwardOnly: true,
      tolerance: 0,
      run: (logits) => argmaxRows(logits as tf.Tensor2D),
    };
  },
  logSoftmaxRows: (draw) => {
    const [rows, columns] = [draw.size(20), draw.size(200)];
    return {
      sizes: `${rows}×${columns}`,
      inputs: [draw.floats([rows, columns], 8)],
      isForwardOnly: true,
      tolerance,
      run: (scores) => logSoftmaxRows(scores as tf.Tensor2D),
    };
  },
  'topKRows, ids': (draw) => topCase(draw, 'ids'),
  'topKRows, scores': (draw) => topCase(draw, 'scores'),
  processRows: (draw) => {
    const [rows, columns, length] = [draw.size(6), 8 + draw.size(60), 3 + draw.size(20)];
    const scores = draw.floats([rows, columns], 5);
    // Few different tokens, so that pairs repeat.
    const histories = Array.from({ length: rows }, () => draw.ints(length, 5));
    const options = decodingOptions({ repetitionPenalty: 1.3, noRepeatNgramSize: 2, minNewTokens: 40 });
    const ends = [1, columns - 1];
    return {
      sizes: `${rows}×${columns}, ${length} tokens`,
      inputs: [scores],
      isForwardOnly: true,
      tolerance,
      run: (given) => {
        const processed = tf.mul<tf.Tensor2D>(given, 1);
        const history = makeTokenHistory(rows, length);
        for (let at = 0; at < length; at++) {
          history.append(ints(Int32Array.from(histories, (tokens) => tokens[at]!)));
        }
        processRows(processed, history.tokens, history.length, options, ends);
        history.dispose();
        return tf.maximum(processed, BELOW_ALL);
      },
      reference: () => {
        const wanted = Float32Array.from(scores.values);
        for (const [row, history] of histories.entries()) {
          processScores(wanted.subarray(row * columns, (row + 1) * columns), [...history], options, ends);
        }
        return tf.tensor2d(
          wanted.map((score) => Math.max(score, BELOW_ALL)),
          [rows, columns],
        );
      },
    };
  },
};

/** Stands for a banned token's score, which is too low to measure others by. */
const BELOW_ALL = -10;

/** Ids must be equal; they are held apart, because as numbers they are far larger than the scores. */
function topCase(draw: Draw, part: 'ids' | 'scores'): UnnamedCase {
  const [rows, columns] = [draw.size(10), draw.size(300)];
  const [count, temperature] = [draw.size(Math.min(columns, 64)), 0.7];
  const scores = draw.floats([rows, columns], 4);
  return {
    sizes: `${count} of ${rows}×${columns}`,
    inputs: [scores],
    isForwardOnly: true,
    tolerance: part === 'ids' ? 0 : tolerance,
    run: (given) => {
      const top = topKRows(given as tf.Tensor2D, count, temperature);
      if (part === 'ids') return top.ids;
      return tf.concat([tf.reshape(top.scores, [-1]), top.logSumExp]);
    },
    reference: () => {
      const rankings = Array.from({ length: rows }, (_, row) =>
        rankTop(
          Float32Array.from(scores.values.subarray(row * columns, (row + 1) * columns)),
          count,
          temperature,
        ),
      );
      return part === 'ids'
        ? tf.tensor2d(
            rankings.map(({ ids }) => Array.from(ids)),
            [rows, count],
            'int32',
          )
        : tf.tensor1d([
            ...rankings.flatMap(({ scores: best }) => Array.from(best)),
            ...rankings.map(({ logSumExp }) => logSumExp),
          ]);
    },
  };
}
