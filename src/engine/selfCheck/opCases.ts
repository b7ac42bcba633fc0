/**
 * The ops that have kernels of their own, each at random sizes: odd ones, 1, and ones that are no multiple of a
 * workgroup. The same seed gives the same cases.
 */
import * as tf from '@tensorflow/tfjs';
import { deriveSeed, makePrng, type Prng } from '../../lib/prng.ts';
import { adamwStep } from '../ops/adamw/adamw.ts';
import { argmaxRows } from '../ops/argmaxRows/argmaxRows.ts';
import { attention } from '../ops/attention/attention.ts';
import { crossEntropySum, tokenLosses } from '../ops/crossEntropy/crossEntropy.ts';
import { dropout } from '../ops/dropout/dropout.ts';
import { embedding } from '../ops/embedding/embedding.ts';
import { geluGate } from '../ops/geluGate/geluGate.ts';
import { globalNorm } from '../ops/globalNorm/globalNorm.ts';
import { linear } from '../ops/linear/linear.ts';
import { relativeBias } from '../ops/relativeBias/relativeBias.ts';
import { rmsNorm } from '../ops/rmsNorm/rmsNorm.ts';
import { uploadFrozen } from '../weights.ts';
import type { OpCase, OpInput } from './opCase.ts';

/** Share of the largest value by which sums in another order may differ in 32 bits. */
const TOLERANCE = 2e-5;

type CaseMaker = (random: Draw) => Omit<OpCase, 'op'>;

/** Random sizes and values of one case. */
interface Draw {
  /** A whole number from 1 to `most`; small ones often. */
  size(most: number): number;
  floats(shape: readonly number[], scale?: number): OpInput;
  /** Whole numbers below `end`. */
  ints(count: number, end: number): Int32Array;
}

const makers: Record<string, CaseMaker> = {
  linear: (draw) => {
    const [rows, depth, columns] = [draw.size(70), draw.size(90), draw.size(80)];
    return {
      sizes: `${rows}×${depth} by ${columns}×${depth}`,
      inputs: [draw.floats([rows, depth]), draw.floats([columns, depth])],
      tolerance: TOLERANCE,
      run: (x, weight) => linear(x as tf.Tensor2D, weight as tf.Tensor2D),
    };
  },
  'linear, 16-bit weight': (draw) => packedCase(draw, 'f16'),
  'linear, 8-bit weight': (draw) => packedCase(draw, 'i8'),
  rmsNorm: (draw) => {
    const [rows, width] = [draw.size(70), draw.size(130)];
    return {
      sizes: `${rows}×${width}`,
      inputs: [draw.floats([rows, width]), draw.floats([width])],
      tolerance: TOLERANCE,
      run: (x, weight) => rmsNorm(x as tf.Tensor2D, weight as tf.Tensor1D, 1e-6),
    };
  },
  geluGate: (draw) => {
    const shape = [draw.size(40), draw.size(90)];
    return {
      sizes: shape.join('×'),
      inputs: [draw.floats(shape, 3), draw.floats(shape)],
      tolerance: TOLERANCE,
      run: (gate, value) => geluGate(gate as tf.Tensor2D, value as tf.Tensor2D),
    };
  },
  embedding: (draw) => {
    const [rows, width, count] = [draw.size(50), draw.size(40), draw.size(60)];
    const ids = draw.ints(count, rows);
    return {
      sizes: `${count} of ${rows}×${width}`,
      inputs: [draw.floats([rows, width])],
      tolerance: TOLERANCE,
      run: (table) => embedding(table as tf.Tensor2D, tf.tensor1d(ids.slice(), 'int32')),
    };
  },
  relativeBias: (draw) => {
    const [buckets, heads, length] = [32, draw.size(6), draw.size(20)];
    const ids = draw.ints(length * length, buckets);
    return {
      sizes: `${heads} heads, ${length}×${length}`,
      inputs: [draw.floats([buckets, heads])],
      tolerance: TOLERANCE,
      run: (table) => relativeBias(table as tf.Tensor2D, tf.tensor1d(ids.slice(), 'int32'), length, length),
    };
  },
  'attention, masked keys': (draw) => attentionCase(draw, false, 0),
  'attention, causal': (draw) => attentionCase(draw, true, 0),
  'attention, dropout': (draw) => attentionCase(draw, false, 0.2),
  dropout: (draw) => {
    const shape = [draw.size(40), draw.size(60)];
    return {
      sizes: shape.join('×'),
      inputs: [draw.floats(shape)],
      tolerance: TOLERANCE,
      run: (x) => dropout(x, 0.3, 12345),
    };
  },
  crossEntropy: (draw) => {
    const [rows, vocabulary] = [draw.size(40), 1 + draw.size(300)];
    const labels = draw.ints(rows, vocabulary).map((label, row) => (row % 5 === 4 ? -100 : label));
    return {
      sizes: `${rows}×${vocabulary}`,
      inputs: [draw.floats([rows, vocabulary], 4)],
      tolerance: TOLERANCE,
      run: (logits) => crossEntropySum(logits as tf.Tensor2D, tf.tensor1d(labels.slice(), 'int32')),
    };
  },
  tokenLosses: (draw) => {
    const [rows, vocabulary] = [draw.size(40), 1 + draw.size(300)];
    const labels = draw.ints(rows, vocabulary);
    return {
      sizes: `${rows}×${vocabulary}`,
      inputs: [draw.floats([rows, vocabulary], 4)],
      isForwardOnly: true,
      tolerance: TOLERANCE,
      run: (logits) => tokenLosses(logits as tf.Tensor2D, tf.tensor1d(labels.slice(), 'int32')),
    };
  },
  argmaxRows: (draw) => {
    const [rows, columns] = [draw.size(20), draw.size(200)];
    return {
      sizes: `${rows}×${columns}`,
      inputs: [draw.floats([rows, columns])],
      isForwardOnly: true,
      tolerance: 0,
      run: (logits) => tf.cast(argmaxRows(logits as tf.Tensor2D), 'float32'),
    };
  },
  globalNorm: (draw) => {
    const shapes = [[draw.size(70), draw.size(70)], [draw.size(300)], [1]];
    return {
      sizes: shapes.map((shape) => shape.join('×')).join(', '),
      inputs: shapes.map((shape) => draw.floats(shape)),
      isForwardOnly: true,
      tolerance: TOLERANCE,
      run: (...gradients) => globalNorm(gradients),
    };
  },
  adamw: (draw) => {
    const count = draw.size(500);
    return {
      sizes: `${count} parameters, 3 steps`,
      inputs: [draw.floats([count]), draw.floats([count])],
      isForwardOnly: true,
      tolerance: TOLERANCE,
      run: threeUpdates,
    };
  },
};

/** A frozen weight of numbers that 16 and 8 bits hold exactly, so that the packed one equals the plain one. */
function packedCase(draw: Draw, precision: 'f16' | 'i8'): Omit<OpCase, 'op'> {
  const [rows, depth, columns] = [draw.size(70), 4 * draw.size(24), draw.size(80)];
  const steps = draw.ints(columns * depth, 255).map((step, i) => (i % depth === 0 ? 127 : step - 127));
  const values = Float32Array.from(steps, (step) => step / 64);
  return {
    sizes: `${rows}×${depth} by ${columns}×${depth}`,
    inputs: [draw.floats([rows, depth])],
    constants: () => [uploadFrozen('weight', [columns, depth], values.slice(), precision)],
    tolerance: TOLERANCE,
    run: (x, weight) => linear(x as tf.Tensor2D, weight as tf.Tensor2D, { frozen: true }),
  };
}

function attentionCase(draw: Draw, causal: boolean, dropoutRate: number): Omit<OpCase, 'op'> {
  const [batch, heads, queryLength, headSize] = [draw.size(3), draw.size(3), draw.size(20), 4 * draw.size(8)];
  const keyLength = causal ? queryLength : draw.size(24);
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
    tolerance: TOLERANCE,
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

/** The parameter after three updates with the same gradient. */
function threeUpdates(start: tf.Tensor, gradient: tf.Tensor): tf.Tensor {
  const variables = [tf.mul(start, 1), tf.zerosLike(start), tf.zerosLike(start)].map((values) =>
    tf.variable(tf.add(values, 0)),
  );
  const [parameter, momentum, variance] = variables as [tf.Variable, tf.Variable, tf.Variable];
  for (let step = 1; step <= 3; step++) {
    adamwStep({ parameter, momentum, variance }, gradient, {
      learningRate: 1e-2,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0.1,
      step,
      gradientScale: null,
    });
  }
  const updated = tf.mul(parameter, 1);
  tf.dispose(variables);
  return updated;
}

/** `perOp` cases of every op; the same seed gives the same ones. */
export function opCases(seed: number, perOp: number): OpCase[] {
  return Object.entries(makers).flatMap(([op, make]) =>
    Array.from({ length: perOp }, (_, i) => ({ op, ...make(drawFrom(deriveSeed(seed, `${op} ${i}`))) })),
  );
}

function drawFrom(seed: number): Draw {
  const random: Prng = makePrng(seed);
  return {
    size: (most) => 1 + Math.floor(random.next() ** 1.5 * most),
    floats: (shape, scale = 1) => ({
      shape,
      values: Float32Array.from(
        { length: shape.reduce((a, b) => a * b, 1) },
        () => (2 * random.next() - 1) * scale,
      ),
    }),
    ints: (count, end) => Int32Array.from({ length: count }, () => Math.floor(random.next() * end)),
  };
}
