/** The linear layer without bias. Weights are laid out as in Hugging Face checkpoints: [out, in]. */
import * as tf from '@tensorflow/tfjs';
import { isConstant } from '../constant.ts';
import { customGradient } from '../customGradient.ts';
import { packedForm } from '../packedMatrix/packedForm.ts';
import { matmul } from './matmul.ts';

/** How a layer treats its weight. */
export interface FrozenOption {
  /** The weight gets no gradient, and nothing is kept for one. */
  frozen?: boolean;
}

/** What follows the product in the same pass over the results. */
export interface LinearEnd {
  /** Negative results become 0. Not together with a residual. */
  relu?: boolean;
  /** [M,N], added to the results. */
  residual?: tf.Tensor2D | undefined;
}

/**
 * y = relu(x·Wᵀ) + residual, the latter two where asked for; x [M,K], weight [N,K], packed or not -> [M,N]. Differentiable in
 * x, the residual and, unless frozen, the weight; packed ones are frozen. Constants get no gradient.
 */
export function linear(
  x: tf.Tensor2D,
  weight: tf.Tensor2D,
  { frozen = packedForm(weight) !== undefined, relu = false, residual }: FrozenOption & LinearEnd = {},
): tf.Tensor2D {
  assertOneEnd({ relu, residual });
  const end = { relu, ...(residual === undefined ? {} : { residual }) };
  const followsX = !isConstant(x);
  const followsResidual = residual !== undefined && !isConstant(residual);
  const inputs = [
    ...(followsX ? [x] : []),
    ...(frozen ? [] : [weight]),
    ...(followsResidual ? [residual] : []),
  ];
  return customGradient<readonly tf.Tensor[], tf.Tensor2D>(inputs, () => {
    const value = matmul('NT', x, weight, end); // [M,N]
    return {
      value,
      saved: [...(relu ? [value] : []), ...(frozen ? [] : [x, weight])],
      gradient: (dy, saved) => {
        const dsum = relu ? reluGradient(dy, saved[0] as tf.Tensor2D) : dy; // [M,N]
        const [keptX, keptWeight] = (relu ? saved.slice(1) : saved) as [tf.Tensor2D, tf.Tensor2D];
        return [
          ...(followsX ? [matmul('NN', dsum, frozen ? weight : keptWeight)] : []), // [M,K]
          ...(frozen ? [] : [matmul('TN', dsum, keptX)]), // [N,K]
          ...(followsResidual ? [tf.clone(dy)] : []), // [M,N]
        ];
      },
    };
  });
}

/** dy where the ReLU's result is above 0. */
export function reluGradient(dy: tf.Tensor2D, y: tf.Tensor2D): tf.Tensor2D {
  return tf.mul(dy, tf.step(y));
}

/** Throws a RangeError where a layer is asked to end in both. */
export function assertOneEnd({ relu, residual }: LinearEnd): void {
  if (relu === true && residual !== undefined)
    throw new RangeError('A linear layer ends in a ReLU or a residual.');
}
