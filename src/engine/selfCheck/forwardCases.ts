/** Cases of the ops that a forward pass and its gradient are made of, but for the projections. */
import * as tf from '@tensorflow/tfjs';
import { attention } from '../ops/attention/attention.ts';
import { crossEntropySum, tokenLosses } from '../ops/crossEntropy/crossEntropy.ts';
import { headLossSum } from '../ops/crossEntropy/headLoss.ts';
import { dropout } from '../ops/dropout/dropout.ts';
import { embedding } from '../ops/embedding/embedding.ts';
import { geluGate } from '../ops/geluGate/geluGate.ts';
import { relativeBias } from '../ops/relativeBias/relativeBias.ts';
import { rmsNorm } from '../ops/rmsNorm/rmsNorm.ts';
import type { Draw } from './draw.ts';
import { ints, SUM_TOLERANCE as tolerance, type CaseMakers, type UnnamedCase } from './opCase.ts';

export const forwardCases: CaseMakers = {
  binary: (draw) => {
    const shape = [draw.size(40), draw.width(60)];
    return {
      sizes: shape.join('×'),
      inputs: [draw.floats(shape), draw.floats(shape)],
      tolerance,
      run: (a, b) => tf.add(tf.mul(tf.mul(a, b), 0.3), tf.add(a, 2)),
    };
  },
  rmsNorm: (draw) => {
    const [rows, width] = [draw.size(70), draw.width(130)];
    return {
      sizes: `${rows}×${width}`,
      inputs: [draw.floats([rows, width]), draw.floats([width])],
      tolerance,
      run: (x, weight) => rmsNorm(x as tf.Tensor2D, weight as tf.Tensor1D, 1e-6),
    };
  },
  geluGate: (draw) => {
    const shape = [draw.size(40), draw.width(90)];
    return {
      sizes: shape.join('×'),
      inputs: [draw.floats(shape, 3), draw.floats(shape)],
      tolerance,
      run: (gate, value) => geluGate(gate as tf.Tensor2D, value as tf.Tensor2D),
    };
  },
  embedding: (draw) => {
    const [rows, width, count] = [draw.size(50), draw.width(40), draw.size(60)];
    const ids = draw.ints(count, rows);
    return {
      sizes: `${count} of ${rows}×${width}`,
      inputs: [draw.floats([rows, width])],
      tolerance,
      run: (table) => embedding(table as tf.Tensor2D, ints(ids)),
    };
  },
  relativeBias: (draw) => {
    const [buckets, heads, length] = [32, draw.size(6), draw.size(20)];
    const ids = draw.ints(length * length, buckets);
    return {
      sizes: `${heads} heads, ${length}×${length}`,
      inputs: [draw.floats([buckets, heads])],
      tolerance,
      run: (table) => relativeBias(table as tf.Tensor2D, ints(ids), length, length),
    };
  },
  'attention, encoder': (draw) => attentionCase(draw, encoder, 0),
  'attention, decoder': (draw) => attentionCase(draw, decoder, 0),
  'attention, cross': (draw) => attentionCase(draw, cross, 0),
  'attention, encoder, dropout': (draw) => attentionCase(draw, encoder, 0.2),
  'attention, decoder, dropout': (draw) => attentionCase(draw, decoder, 0.2),
  'attention, cross, dropout': (draw) => attentionCase(draw, cross, 0.2),
  'attention, long rows': (draw) => attentionCase(draw, cross, 0, 256),
  'attention, long rows, dropout': (draw) => attentionCase(draw, cross, 0.2, 256),
  dropout: (draw) => {
    const shape = [draw.size(40), draw.width(60)];
    return {
      sizes: shape.join('×'),
      inputs: [draw.floats(shape)],
      tolerance,
      run: (x) => dropout(x, 0.3, 12345),
    };
  },
  crossEntropy: (draw) => {
    const [rows, vocabulary] = [draw.size(40), 1 + draw.width(300)];
    const labels = learnedLabels(draw, rows, vocabulary);
    return {
      sizes: `${rows}×${vocabulary}`,
      inputs: [draw.floats([rows, vocabulary], 4)],
      tolerance,
      run: (logits) => crossEntropySum(logits as tf.Tensor2D, ints(labels)),
    };
  },
  'crossEntropy, each token': (draw) => {
    const [rows, vocabulary] = [draw.size(40), 1 + draw.size(300)];
    const labels = draw.ints(rows, vocabulary);
    return {
      sizes: `${rows}×${vocabulary}`,
      inputs: [draw.floats([rows, vocabulary], 4)],
      isForwardOnly: true,
      tolerance,
      run: (logits) => tokenLosses(logits as tf.Tensor2D, ints(labels)),
    };
  },
  'crossEntropy, with the output layer': (draw) => {
    const [rows, width, vocabulary] = [draw.size(20), draw.width(40), 4 + draw.width(100)];
    const labels = learnedLabels(draw, rows, vocabulary);
    return {
      sizes: `${rows}×${width} by ${vocabulary}×${width}`,
      inputs: [draw.floats([rows, width], 3), draw.floats([vocabulary, width])],
      tolerance,
      run: (states, head) =>
        headLossSum(states as tf.Tensor2D, head as tf.Tensor2D, ints(labels), { scale: 0.5, rowsAtOnce: 8 }),
    };
  },
};

/** Random labels, every fifth not learned. */
function learnedLabels(draw: Draw, rows: number, vocabulary: number): Int32Array {
  return draw.ints(rows, vocabulary).map((label, row) => (row % 5 === 4 ? -100 : label));
}

/** The three uses of attention in T5. */
interface AttentionUse {
  /** Sees no later position; otherwise keys are masked. */
  readonly causal: boolean;
  readonly hasBias: boolean;
}
const encoder: AttentionUse = { causal: false, hasBias: true };
const decoder: AttentionUse = { causal: true, hasBias: true };
const cross: AttentionUse = { causal: false, hasBias: false };

function attentionCase(
  draw: Draw,
  { causal, hasBias }: AttentionUse,
  dropoutRate: number,
  leastKeys = 8,
): UnnamedCase {
  const [batch, heads, queryLength, headSize] = [
    draw.size(3),
    draw.size(3),
    draw.width(20, 8),
    4 * draw.size(8),
  ];
  const keyLength = causal ? queryLength : leastKeys + draw.width(24);
  const width = heads * headSize;
  // Every sequence keeps its first key, so that no row of the softmax is empty.
  const mask = draw.ints(batch * keyLength, 4).map((value, i) => (i % keyLength === 0 || value > 0 ? 1 : 0));
  return {
    sizes: `${batch}×${heads} heads of ${headSize}, ${queryLength} queries, ${keyLength} keys`,
    inputs: [
      draw.floats([batch * queryLength, width]),
      draw.floats([batch * keyLength, width]),
      draw.floats([batch * keyLength, width]),
      ...(hasBias ? [draw.floats([1, heads, queryLength, keyLength])] : []),
    ],
    tolerance,
    run: (query, key, value, ...bias) =>
      attention(
        { query: query as tf.Tensor2D, key: key as tf.Tensor2D, value: value as tf.Tensor2D },
        {
          batch,
          heads,
          queryLength,
          keyLength,
          bias: hasBias ? (bias[0] as tf.Tensor4D) : null,
          keyMask: causal ? null : tf.tensor2d(mask.slice(), [batch, keyLength], 'int32'),
          causal,
          dropoutRate,
          seed: 99,
        },
      ),
  };
}
