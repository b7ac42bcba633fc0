/** Cases of products with weights, trained, frozen and packed, with and without an adapter. */
import type * as tf from '@tensorflow/tfjs';
import { embedding } from '../ops/embedding/embedding.ts';
import { linear } from '../ops/linear/linear.ts';
import { loraLinear } from '../ops/linear/loraLinear.ts';
import { uploadFrozen, type WeightPrecision } from '../weights.ts';
import type { Draw } from './draw.ts';
import { ints, SUM_TOLERANCE as tolerance, type CaseMakers, type UnnamedCase } from './opCase.ts';

export const projectionCases: CaseMakers = {
  linear: (draw) => {
    const [rows, depth, columns] = [draw.rows(70), draw.width(90), draw.width(80)];
    return {
      sizes: `${rows}×${depth} by ${columns}×${depth}`,
      inputs: [draw.floats([rows, depth]), draw.floats([columns, depth])],
      tolerance,
      run: (x, weight) => linear(x as tf.Tensor2D, weight as tf.Tensor2D),
    };
  },
  // The kernels of large products: one per form, and with all that is added where the base is frozen.
  'linear, large': (draw) => linearCase(draw, largeProduct),
  'linear, large, 16 rows': (draw) => linearCase(draw, [16, 256, 512]),
  'linear, large, 16 rows of the weight': (draw) => linearCase(draw, [512, 256, 16]),
  'linear, ReLU and residual': (draw) => {
    const [rows, depth, columns] = [draw.rows(40), draw.width(24), draw.width(24)];
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
  loraLinear: (draw) => loraCase(draw, 'f32', {}),
  'loraLinear, dropout': (draw) => loraCase(draw, 'f32', { hasDropout: true }),
  'loraLinear, residual': (draw) => loraCase(draw, 'f32', { hasResidual: true }),
  'loraLinear, ReLU': (draw) => loraCase(draw, 'f32', { relu: true }),
  'loraLinear, 16 bits': (draw) => loraCase(draw, 'f16', {}),
  'loraLinear, 16 bits, dropout': (draw) => loraCase(draw, 'f16', { hasDropout: true }),
  'loraLinear, 16 bits, residual': (draw) => loraCase(draw, 'f16', { hasResidual: true }),
  'loraLinear, 16 bits, ReLU': (draw) => loraCase(draw, 'f16', { relu: true }),
  'loraLinear, large, 16 bits, residual': (draw) =>
    loraCase(draw, 'f16', { hasResidual: true, isLarge: true }),
  'loraLinear, 8 bits': (draw) => loraCase(draw, 'i8', {}),
  'loraLinear, 8 bits, dropout': (draw) => loraCase(draw, 'i8', { hasDropout: true }),
  'loraLinear, 8 bits, residual': (draw) => loraCase(draw, 'i8', { hasResidual: true }),
  'loraLinear, 8 bits, ReLU': (draw) => loraCase(draw, 'i8', { relu: true }),
  'embedding, 16 bits': (draw) => packedEmbeddingCase(draw, 'f16'),
  'embedding, 8 bits': (draw) => packedEmbeddingCase(draw, 'i8'),
};

/** A frozen weight of numbers that 16 bits hold exactly and 8 but for a last rounding: the packed one equals the plain one. */
function frozenWeight(draw: Draw, rows: number, depth: number, precision: WeightPrecision): () => tf.Tensor {
  const steps = draw.ints(rows * depth, 255).map((step, i) => (i % depth === 0 ? 127 : step - 127));
  const values = Float32Array.from(steps, (step) => step / 64);
  return () => uploadFrozen('weight', [rows, depth], values.slice(), precision);
}

function linearCase(
  draw: Draw,
  [rows, depth, columns]: readonly [rows: number, depth: number, columns: number],
): UnnamedCase {
  return {
    sizes: `${rows}×${depth} by ${columns}×${depth}`,
    inputs: [draw.eighths([rows, depth]), draw.eighths([columns, depth])],
    tolerance,
    run: (x, weight) => linear(x as tf.Tensor2D, weight as tf.Tensor2D),
  };
}

function packedCase(draw: Draw, precision: WeightPrecision): UnnamedCase {
  const [rows, depth, columns] = [draw.rows(70), 4 * draw.size(24), draw.width(80)];
  const weight = frozenWeight(draw, columns, depth, precision);
  return {
    sizes: `${rows}×${depth} by ${columns}×${depth}`,
    inputs: [draw.floats([rows, depth])],
    constants: () => [weight()],
    tolerance,
    run: (x, w) => linear(x as tf.Tensor2D, w as tf.Tensor2D, { frozen: true }),
  };
}

function packedEmbeddingCase(draw: Draw, precision: WeightPrecision): UnnamedCase {
  const [rows, width, count] = [draw.size(50), 4 * draw.size(10), draw.size(60)];
  const ids = draw.ints(count, rows);
  const table = frozenWeight(draw, rows, width, precision);
  return {
    sizes: `${count} of ${rows}×${width}`,
    inputs: [],
    constants: () => [table()],
    isForwardOnly: true,
    tolerance,
    run: (weight) => embedding(weight as tf.Tensor2D, ints(ids)),
  };
}

/** Rows, depth and columns. */
const largeProduct = [512, 64, 512] as const;
/** With it the products of an adapter are large too. */
const largeRank = 64;

interface LoraVariant {
  readonly isLarge?: boolean;
  readonly relu?: boolean;
  readonly hasResidual?: boolean;
  readonly hasDropout?: boolean;
}

/**
 * Sums are exact in 32 bits, as those of `eighths`: half of the inputs are dropped, which doubles the others. With 8 bits they
 * are not, and a gradient might cross the ReLU's kink: there the value is compared alone.
 */
function loraCase(
  draw: Draw,
  precision: WeightPrecision,
  { relu = false, hasResidual = false, hasDropout = false, isLarge = false }: LoraVariant,
): UnnamedCase {
  const smallDepth = precision === 'f32' ? draw.width(24) : 4 * draw.size(6);
  const [rows, depth, columns] = isLarge ? largeProduct : [draw.rows(40), smallDepth, draw.width(24)];
  const rank = isLarge ? largeRank : draw.width(8);
  const weight = frozenWeight(draw, columns, depth, precision);
  const inputs = [draw.eighths([rows, depth]), draw.eighths([rank, depth]), draw.eighths([columns, rank])];
  const dropoutRate = hasDropout ? 0.5 : 0;
  return {
    sizes: `${rows}×${depth} by ${columns}×${depth}, rank ${rank}`,
    inputs: hasResidual ? [...inputs, draw.eighths([rows, columns])] : inputs,
    constants: () => [weight()],
    isForwardOnly: relu && precision === 'i8',
    tolerance,
    run: (x, a, b, ...rest) =>
      loraLinear(
        x as tf.Tensor2D,
        rest.at(-1) as tf.Tensor2D,
        { a: a as tf.Tensor2D, b: b as tf.Tensor2D, factor: 0.5, dropoutRate, seed: 7 },
        hasResidual ? { residual: rest[0] as tf.Tensor2D } : { relu },
      ),
  };
}
