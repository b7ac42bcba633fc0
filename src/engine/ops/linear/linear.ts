/** The linear layer without bias. Weights are laid out as in Hugging Face checkpoints: [out, in]. */
import type * as tf from '@tensorflow/tfjs';
import { customGradient } from '../customGradient.ts';
import { matmul } from './matmul.ts';

/** How a layer treats its weight. */
export interface FrozenOption {
  /** The weight gets no gradient, and nothing is kept for one. */
  frozen?: boolean;
}

/** y = x·Wᵀ; x [M,K], weight [N,K] -> [M,N]. Differentiable in x and, unless frozen, in the weight. */
export function linear(
  x: tf.Tensor2D,
  weight: tf.Tensor2D,
  { frozen = false }: FrozenOption = {},
): tf.Tensor2D {
  if (frozen) {
    return customGradient([x] as const, (input) => ({
      value: matmul('NT', input, weight), // [M,N]
      saved: [],
      gradient: (dy) => [matmul('NN', dy, weight)], // [M,K]
    }));
  }
  return customGradient([x, weight] as const, (input, matrix) => ({
    value: matmul('NT', input, matrix), // [M,N]
    saved: [input, matrix],
    gradient: (dy, saved) => {
      const [keptInput, keptMatrix] = saved as [tf.Tensor2D, tf.Tensor2D];
      return [matmul('NN', dy, keptMatrix), matmul('TN', dy, keptInput)]; // [M,K], [N,K]
    },
  }));
}
