/** Cases of the ops that a forward pass and its gradient are made of. */
import * as tf from '@tensorflow/tfjs';
import { attention } from '../ops/attention/attention.ts';
import { crossEntropySum, tokenLosses } from '../ops/crossEntropy/crossEntropy.ts';
import { headLossSum } from '../ops/crossEntropy/headLoss.ts';
import { dropout } from '../ops/dropout/dropout.ts';
import { embedding } from '../ops/embedding/embedding.ts';
import { geluGate } from '../ops/geluGate/geluGate.ts';
import { linear } from '../ops/linear/linear.ts';
import { loraLinear } from '../ops/linear/loraLinear.ts';
import { relativeBias } from '../ops/relativeBias/relativeBias.ts';
import { rmsNorm } from '../ops/rmsNorm/rmsNorm.ts';
import { uploadFrozen } from '../weights.ts';
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
  linear: (draw) => {
    const [rows, depth, columns] = [draw.size(70), draw.width(90), draw.width(80)];
    return {
      sizes: `${rows}×${depth} by ${columns}×${depth}`,
      inputs: [draw.floats([rows, depth]), draw.floats([columns, depth])],
      tolerance,
      run: (x, weight) => linear(x as tf.Tensor2D, weight as tf.Tensor2D),
    };
  },
  'linear, ReLU and residual': (draw) => {
    const [rows, depth, columns] = [draw.size(40), draw.width(24), draw.width(24)];
    return {
      sizes: `${rows}×${depth} by ${columns}×${depth} and back`,
      inputs: [
        draw.eighths([rows, depth]),
        draw.eighths([columns, depth]),
        draw.eighths([depth, columns]),
        draw.eighths([rows, depth]),
      ],
      tolerance,
      run: (x, rise, fall, residual) => {
        const inner = linear(x as tf.Tensor2D, rise as tf.Tensor2D, { relu: true });
        return linear(inner, fall as tf.Tensor2D, { residual: residual as tf.Tensor2D });
      },
    };
  },
  'packedMatrix, 16 bits': (draw) => packedCase(draw, 'f16'),
  'packedMatrix, 8 bits': (draw) => packedCase(draw, 'i8'),
  'loraLinear, residual': (draw) => loraCase(draw, { relu: false }),
  'loraLinear, ReLU': (draw) => loraCase(draw, { relu: true }),
  'attention, masked keys': (draw) => attentionCase(draw, false, 0),
  'attention, causal': (draw) => attentionCase(draw, true, 0),
  'attention, dropout': (draw) => attentionCase(draw, false, 0.2),
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

/** A frozen weight of numbers that 16 and 8 bits hold exactly, so that the packed one equals the plain one. */
function packedCase(draw: Draw, precision: 'f16' | 'i8'): UnnamedCase {
  const [rows, depth, columns] = [draw.size(70), 4 * draw.size(24), draw.width(80)];
  const steps = draw.ints(columns * depth, 255).map((step, i) => (i % depth === 0 ? 127 : step - 127));
  const values = Float32Array.from(steps, (step) => step / 64);
  return {
    sizes: `${rows}×${depth} by ${columns}×${depth}`,
    inputs: [draw.floats([rows, depth])],
    constants: () => [uploadFrozen('weight', [columns, depth], values.slice(), precision)],
    tolerance,
    run: (x, weight) => linear(x as tf.Tensor2D, weight as tf.Tensor2D, { frozen: true }),
  };
}

function loraCase(draw: Draw, { relu }: { relu: boolean }): UnnamedCase {
  const [rows, depth, columns, rank] = [draw.size(40), draw.width(24), draw.width(24), draw.width(8)];
  const weight = draw.eighths([columns, depth]);
  const inputs = [draw.eighths([rows, depth]), draw.eighths([rank, depth]), draw.eighths([columns, rank])];
  return {
    sizes: `${rows}×${depth} by ${columns}×${depth}, rank ${rank}`,
    inputs: relu ? inputs : [...inputs, draw.eighths([rows, columns])],
    constants: () => [tf.tensor2d(weight.values.slice(), [columns, depth])],
    tolerance,
    run: (x, a, b, ...rest) =>
      loraLinear(
        x as tf.Tensor2D,
        rest.at(-1) as tf.Tensor2D,
        { a: a as tf.Tensor2D, b: b as tf.Tensor2D, factor: 0.5, dropoutRate: 0, seed: 0 },
        relu ? { relu } : { residual: rest[0] as tf.Tensor2D },
      ),
  };
}

function attentionCase(draw: Draw, causal: boolean, dropoutRate: number): UnnamedCase {
  const [batch, heads, queryLength, headSize] = [
    draw.size(3),
    draw.size(3),
    draw.width(20),
    4 * draw.size(8),
  ];
  const keyLength = causal ? queryLength : draw.width(24);
  const width = heads * headSize;
  // Every sequence keeps its first key, so that no row of the softmax is empty.
  const mask = draw.ints(batch * keyLength, 4).map((value, i) => (i % keyLength === 0 || value > 0 ? 1 : 0));
  return {
    sizes: `${batch}×${heads} heads of ${headSize}, ${queryLength} queries, ${keyLength} keys`,
    inputs: [
      draw.floats([batch * queryLength, width]),
      draw.floats([batch * keyLength, width]),
      draw.floats([batch * keyLength, width]),
      draw.floats([1, heads, queryLength, keyLength]),
    ],
    tolerance,
    run: (query, key, value, bias) =>
      attention(
        { query: query as tf.Tensor2D, key: key as tf.Tensor2D, value: value as tf.Tensor2D },
        {
          batch,
          heads,
          queryLength,
          keyLength,
          bias: bias as tf.Tensor4D,
          keyMask: causal ? null : tf.tensor2d(mask.slice(), [batch, keyLength], 'int32'),
          causal,
          dropoutRate,
          seed: 99,
        },
      ),
  };
}
