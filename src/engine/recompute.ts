/**
 * Gradient checkpointing (arXiv:1604.06174): a part of the network keeps only what goes into it for the backward pass and
 * is computed a second time there. Memory then grows with the largest part instead of the sum of all parts.
 */
import * as tf from '@tensorflow/tfjs';
import { asConstant, isConstant } from './ops/constant.ts';
import { customGradient } from './ops/customGradient.ts';
import { withOwnTape } from './tape.ts';

/** What goes into a part, by role. */
type Named = Readonly<Record<string, tf.Tensor>>;

/**
 * compute(tensors) with nothing of its inside kept. `compute` must give the same value each time (dropout by fixed seeds)
 * and must use no tensor besides `tensors` and weights. All of `tensors` but `constants` and tensors known as constant get
 * gradients, and so do `variables`, the trained weights that it uses; each of these must matter to the result.
 */
export function recompute<Tensors extends Named>(
  tensors: Tensors,
  constants: readonly (keyof Tensors & string)[],
  variables: readonly tf.Variable[],
  compute: (tensors: Tensors) => tf.Tensor2D,
): tf.Tensor2D {
  const names = Object.keys(tensors);
  const known = new Set(names.filter((name) => isConstant(tensors[name]!)));
  const inputNames = names.filter((name) => !constants.includes(name) && !known.has(name));
  const inputs = inputNames.map((name) => tensors[name]!);
  return customGradient<readonly tf.Tensor[], tf.Tensor2D>([...inputs, ...variables], () => ({
    value: compute(tensors),
    saved: names.map((name) => tensors[name]!),
    gradient: (dy, saved) => {
      const kept: Record<string, tf.Tensor> = Object.fromEntries(names.map((name, i) => [name, saved[i]!]));
      for (const name of known) asConstant(kept[name]!);
      // Called with the kept inputs and the variables; the latter are looked up by the layers themselves.
      const again = (...given: tf.Tensor[]): tf.Tensor => {
        const replaced = Object.fromEntries(inputNames.map((name, i) => [name, given[i]!]));
        return compute({ ...kept, ...replaced } as Tensors);
      };
      const given = [...inputNames.map((name) => kept[name]!), ...variables];
      return withOwnTape(() => tf.grads(again)(given, dy));
    },
  }));
}
