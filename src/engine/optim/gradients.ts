/** Loss and gradients of one optimizer step, over one or more micro-batches. */
import * as tf from '@tensorflow/tfjs';
import { accumulate } from '../ops/accumulate/accumulate.ts';
import { takingSums } from '../ops/gradientSum.ts';
import { withOwnTape } from '../tape.ts';

/** Name → gradient, in the variable's shape. */
export type Gradients = ReadonlyMap<string, tf.Tensor>;

export interface LossAndGradients {
  readonly loss: tf.Scalar;
  readonly gradients: Gradients;
}

/**
 * Sum of the losses and of their gradients. Each `lossOf(i)` must already be divided by the labels of the whole step, so
 * that the sum is the mean per label however the step was cut into micro-batches. `join` may put gradients together, so
 * that there is less to add; it disposes what it does not return. The caller disposes the result.
 */
export function sumGradients(
  variables: ReadonlyMap<string, tf.Variable>,
  lossOf: (index: number) => tf.Scalar,
  count: number,
  join: (gradients: Gradients) => Gradients = (gradients) => gradients,
): LossAndGradients {
  const first = gradientsOf(variables, () => lossOf(0), join);
  if (count === 1) return first;
  const sums = new Map<string, tf.Variable>();
  for (const [name, gradient] of first.gradients) {
    sums.set(name, tf.variable(gradient));
    gradient.dispose(); // the variable has its buffer
  }
  let loss = first.loss;
  for (let i = 1; i < count; i++) {
    const next = gradientsOf(variables, () => lossOf(i), join);
    for (const [name, gradient] of next.gradients) {
      accumulate(sums.get(name)!, gradient);
      gradient.dispose();
    }
    const total = tf.add<tf.Scalar>(loss, next.loss);
    tf.dispose([loss, next.loss]);
    loss = total;
  }
  return { loss, gradients: sums };
}

/** The loss that `compute` gives and its gradients. The caller disposes them. If it fails nothing is left. */
export function gradientsOf(
  variables: ReadonlyMap<string, tf.Variable>,
  compute: () => tf.Scalar,
  join: (gradients: Gradients) => Gradients,
): LossAndGradients {
  const { value, grads } = takingSums(() =>
    withOwnTape(() => tf.tidy(() => tf.variableGrads(compute, [...variables.values()]))),
  );
  const gradients = new Map<string, tf.Tensor>();
  for (const [name, variable] of variables) gradients.set(name, grads[variable.name]!);
  return { loss: value, gradients: join(gradients) };
}
