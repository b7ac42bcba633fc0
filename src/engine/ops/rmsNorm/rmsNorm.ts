/** Root mean square layer normalisation (arXiv:1910.07467): no mean, no bias. */
import type * as tf from '@tensorflow/tfjs';
import { allocate, isWebgpu, reductionStyle, runKernel } from '../../runtime.ts';
import { asConstant, isConstant } from '../constant.ts';
import { customGradient } from '../customGradient.ts';
import type { FrozenOption } from '../linear/linear.ts';
import { sumSlices } from '../sumSlices.ts';
import { elementWorkgroups, lanesOf, rowWorkgroups, widestType } from '../wgsl.ts';
import { rmsNormReference } from './rmsNorm.ref.ts';
import { forwardCode, inputGradientCode, weightGradientCode } from './rmsNorm.wgsl.ts';

/** x / √(mean(x²) + epsilon) · weight, row by row; x [M,D], weight [D] -> [M,D]. Differentiable in x and, unless frozen,
 *  in the weight. Of a constant and a frozen weight it is a constant. */
export function rmsNorm(
  x: tf.Tensor2D,
  weight: tf.Tensor1D,
  epsilon: number,
  { frozen = false }: FrozenOption = {},
): tf.Tensor2D {
  if (frozen && isConstant(x)) return asConstant(withoutTape(x, weight, epsilon));
  if (!isWebgpu()) return rmsNormReference(x, weight, epsilon, frozen);
  if (frozen) {
    return customGradient([x] as const, (input) => {
      const { y, rootInverse } = forward(input, weight, epsilon);
      return {
        value: y,
        saved: [input, rootInverse],
        gradient: (dy, saved) => {
          const [kept, root] = saved as [tf.Tensor2D, tf.Tensor1D];
          return [inputGradient(dy, kept, weight, root)];
        },
      };
    });
  }
  return customGradient([x, weight] as const, (input, scale) => {
    const { y, rootInverse } = forward(input, scale, epsilon);
    return {
      value: y,
      saved: [input, scale, rootInverse],
      gradient: (dy, saved) => {
        const [kept, keptScale, root] = saved as [tf.Tensor2D, tf.Tensor1D, tf.Tensor1D];
        return [inputGradient(dy, kept, keptScale, root), weightGradient(dy, kept, root)];
      },
    };
  });
}

/** The value alone. */
function withoutTape(x: tf.Tensor2D, weight: tf.Tensor1D, epsilon: number): tf.Tensor2D {
  if (!isWebgpu()) return rmsNormReference(x, weight, epsilon, true);
  const { y, rootInverse } = forward(x, weight, epsilon);
  rootInverse.dispose();
  return y;
}

function forward(
  x: tf.Tensor2D,
  weight: tf.Tensor1D,
  epsilon: number,
): { y: tf.Tensor2D; rootInverse: tf.Tensor1D } {
  const [rows, width] = x.shape;
  const style = reductionStyle();
  const type = widestType(width);
  const y = allocate<tf.Rank.R2>([rows, width]);
  const rootInverse = allocate<tf.Rank.R1>([rows]);
  runKernel({
    key: `rmsNorm ${style} ${type}`,
    code: () => forwardCode(style, type),
    writes: [y, rootInverse],
    reads: [x, weight],
    uniforms: { u32: [rows, width / lanesOf(type)], f32: [epsilon, 1 / width] },
    workgroups: rowWorkgroups(style, rows),
  });
  return { y, rootInverse };
}

function inputGradient(
  dy: tf.Tensor2D,
  x: tf.Tensor2D,
  weight: tf.Tensor1D,
  rootInverse: tf.Tensor1D,
): tf.Tensor2D {
  const [rows, width] = x.shape;
  const style = reductionStyle();
  const type = widestType(width);
  const dx = allocate<tf.Rank.R2>([rows, width]);
  runKernel({
    key: `rmsNorm dx ${style} ${type}`,
    code: () => inputGradientCode(style, type),
    writes: [dx],
    reads: [dy, x, weight, rootInverse],
    uniforms: { u32: [rows, width / lanesOf(type)], f32: [1 / width] },
    workgroups: rowWorkgroups(style, rows),
  });
  return dx;
}

/** Rows that one invocation adds up for the weight's gradient. */
const sliceRows = 64;

function weightGradient(dy: tf.Tensor2D, x: tf.Tensor2D, rootInverse: tf.Tensor1D): tf.Tensor1D {
  const [rows, width] = x.shape;
  const sliceCount = Math.ceil(rows / sliceRows);
  const slices = allocate<tf.Rank.R2>([sliceCount, width]);
  runKernel({
    key: 'rmsNorm dweight',
    code: weightGradientCode,
    writes: [slices],
    reads: [dy, x, rootInverse],
    uniforms: { u32: [slices.size, width, rows, sliceRows] },
    workgroups: elementWorkgroups(slices.size),
  });
  const dweight = allocate<tf.Rank.R1>([width]);
  sumSlices(slices, dweight);
  return dweight;
}
