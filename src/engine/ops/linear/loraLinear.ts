/** A frozen linear layer with LoRA's low-rank product added within the same kernel, forward and backward. */
import * as tf from '@tensorflow/tfjs';
import { isConstant } from '../constant.ts';
import { customGradient } from '../customGradient.ts';
import { dropout } from '../dropout/dropout.ts';
import { assertOneEnd, reluGradient, type LinearEnd } from './linear.ts';
import { matmul } from './matmul.ts';

/** LoRA's part of one layer. */
export interface LowRank {
  /** [R,K] */
  readonly a: tf.Tensor2D;
  /** [N,R] */
  readonly b: tf.Tensor2D;
  /** Multiplies the low-rank product. */
  readonly factor: number;
  /** Drop probability of its input, and the seed of the mask. */
  readonly dropoutRate: number;
  readonly seed: number;
}

/**
 * y = relu(x·Wᵀ + factor·(drop(x)·Aᵀ)·Bᵀ) + residual; x [M,K], weight [N,K], frozen, packed or not -> [M,N]. Differentiable in
 * x, A, B and the residual; constants get no gradient. Kept for the backward pass: x and x·Aᵀ [M,R]; what was dropped is dropped again there.
 */
export function loraLinear(
  x: tf.Tensor2D,
  weight: tf.Tensor2D,
  { a, b, factor, dropoutRate, seed }: LowRank,
  { relu = false, residual }: LinearEnd = {},
): tf.Tensor2D {
  assertOneEnd({ relu, residual });
  const rank = a.shape[0];
  const drop = (input: tf.Tensor2D): tf.Tensor2D =>
    dropoutRate > 0 ? dropout(input, dropoutRate, seed) : input;
  const followsX = !isConstant(x);
  const followsResidual = residual !== undefined && !isConstant(residual);
  const inputs = [...(followsX ? [x] : []), a, b, ...(followsResidual ? [residual] : [])];
  /** Through the weight and through the low-rank product, whose mask is a factor in the gradient as in the value. */
  const inputGradient = (dsum: tf.Tensor2D, dlow: tf.Tensor2D, keptA: tf.Tensor2D): tf.Tensor2D =>
    matmul(
      'NN',
      dsum,
      weight,
      dropoutRate > 0
        ? { residual: drop(matmul('NN', dlow, keptA)) }
        : { low: { low: dlow, up: keptA, rank } },
    );
  return customGradient<readonly tf.Tensor[], tf.Tensor2D>(inputs, () => {
    const low = matmul('NT', drop(x), a, { factor }); // [M,R]
    const end = { relu, ...(residual === undefined ? {} : { residual }) };
    const value = matmul('NT', x, weight, { low: { low, up: b, rank }, ...end }); // [M,N]
    return {
      value,
      saved: [x, a, b, low, ...(relu ? [value] : [])],
      gradient: (dy, saved) => {
        const [keptX, keptA, keptB, keptLow, y] = saved as [
          tf.Tensor2D,
          tf.Tensor2D,
          tf.Tensor2D,
          tf.Tensor2D,
          tf.Tensor2D?,
        ];
        const dsum = y === undefined ? dy : reluGradient(dy, y); // [M,N]
        const dlow = matmul('NN', dsum, keptB, { factor }); // [M,R]
        return [
          ...(followsX ? [inputGradient(dsum, dlow, keptA)] : []), // [M,K]
          matmul('TN', dlow, drop(keptX)), // [R,K]
          matmul('TN', dsum, keptLow), // [N,R]
          ...(followsResidual ? [tf.clone(dy)] : []), // [M,N]
        ];
      },
    };
  });
}
