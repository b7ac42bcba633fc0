/**
 * Activation checkpointing (arXiv:1604.06174): nothing inside a piece of the network is kept for the backward pass, which
 * computes the piece again instead. Memory for time: about a third more time for the memory of one piece at once.
 */
import * as tf from '@tensorflow/tfjs';
import { zeros } from '../accumulate/accumulate.ts';
import { customGradient } from '../customGradient.ts';

/**
 * `compute(...inputs)`, differentiable in the inputs and in the variables that `compute` uses. Whatever else it uses is a
 * constant. It runs twice, so it must give the same value for the same inputs: dropout by seed, as here, does.
 */
export function checkpoint<Inputs extends readonly tf.Tensor[], Value extends tf.Tensor>(
  inputs: Inputs,
  variables: readonly tf.Variable[],
  compute: (...inputs: Inputs) => Value,
): Value {
  return customGradient<tf.Tensor[], Value>([...inputs, ...variables], () => ({
    value: compute(...inputs),
    saved: [...inputs],
    gradient: (dy, saved) => {
      const kept = saved as unknown as Inputs;
      return withOwnTape(() => {
        const { grads } = tf.engine().gradients(() => compute(...kept), [...kept, ...variables], dy, true);
        // Absent for what does not reach the value.
        return [...kept, ...variables].map((x, i) => grads[i] ?? zeros(x.shape as [number]));
      });
    },
  }));
}

/** tfjs forgets the tape being walked when gradients are taken inside a gradient function: put it back afterwards. */
function withOwnTape<T>(work: () => T): T {
  const { state } = tf.engine() as unknown as { state: { activeTape: unknown } };
  const outer = state.activeTape;
  try {
    return work();
  } finally {
    state.activeTape = outer;
  }
}
