/** A typed door to `tf.customGrad`, whose own types accept no ordinary function. */
import * as tf from '@tensorflow/tfjs';

/** What the forward pass hands over: its value, what backward needs, and how backward uses it. */
export interface Differentiable<Value extends tf.Tensor> {
  value: Value;
  /** Kept until backward has run; nothing is kept outside `tf.grads` and its kin. */
  saved: tf.Tensor[];
  /** One gradient per input, of the input's shape, from the gradient of the value and the saved tensors. */
  gradient: (dy: Value, saved: tf.Tensor[]) => tf.Tensor[];
}

/**
 * Runs `forward` as one step of the tape whose gradient is given by hand. Intermediate tensors of both directions are
 * freed. Tensors that `forward` uses but that are not among `inputs` get no gradient: that is how frozen weights are.
 */
export function customGradient<Inputs extends readonly tf.Tensor[], Value extends tf.Tensor>(
  inputs: Inputs,
  forward: (...inputs: Inputs) => Differentiable<Value>,
): Value {
  const step = tf.customGrad((...parts: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const save = parts.at(-1) as tf.GradSaveFunc;
    const { value, saved, gradient } = forward(...(parts.slice(0, -1) as unknown as Inputs));
    save(saved);
    return {
      value,
      gradFunc: (dy: Value, kept: tf.Tensor[]) => gradientOnce(() => gradient(dy, kept), [dy, ...kept]),
    };
  });
  return step(...inputs);
}

/**
 * A tape is walked once, so what a step kept and the gradient of its value, which is whole by then, are freed with that step.
 * tfjs itself waits for the end of the walk. So whoever hands `dy` to `tf.grads` gives it away.
 */
function gradientOnce(gradient: () => tf.Tensor[], used: readonly tf.Tensor[]): tf.Tensor[] {
  const gradients = tf.tidy(gradient);
  for (const tensor of used) if (!gradients.includes(tensor)) tensor.dispose();
  return gradients;
}

/** The tensor as a constant: `tf.grads` stops here. */
export function withoutGradient<T extends tf.Tensor>(x: T): T {
  return customGradient([], () => ({ value: tf.clone(x), saved: [], gradient: () => [] }));
}
