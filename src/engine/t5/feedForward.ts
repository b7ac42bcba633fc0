/** The feed-forward layer of a block, `x + drop(wo(drop(activation)))`. Letters: see t5.ts. */
import * as tf from '@tensorflow/tfjs';
import { geluGate } from '../ops/geluGate/geluGate.ts';
import { drop, normalise, project, projectOnto, type ForwardPass } from './forwardPass.ts';

/**
 * A pass whose ReLUs may be held straight: path of a `wi` → 1 or 0 for each of its outputs, [M,F], by which they are
 * multiplied. Where these are the slopes at the present weights, value and gradient are the same, and there is no kink to
 * cross when a weight is moved: what difference quotients need.
 */
export interface HeldReluPass extends ForwardPass {
  readonly reluSlopes?: ReadonlyMap<string, tf.Tensor2D>;
}

/** ReLU(wi(x)) in T5 v1.0, gelu(wi_0(x))·wi_1(x) in v1.1 and FLAN; x [M,D] -> [M,D]. */
export function feedForward(pass: HeldReluPass, layer: string, x: tf.Tensor2D): tf.Tensor2D {
  const path = `${layer}.DenseReluDense`;
  const normed = normalise(pass, `${layer}.layer_norm`, x); // [M,D]
  const hidden =
    pass.config.feedForwardProj === 'gated-gelu'
      ? geluGate(project(pass, `${path}.wi_0`, normed), project(pass, `${path}.wi_1`, normed)) // [M,F]
      : relu(pass, `${path}.wi`, normed); // [M,F]
  const dropped = drop(pass, `${path}.hidden`, hidden); // [M,F]
  return projectOnto(pass, x, `${path}.wo`, `${path}.output`, dropped); // [M,D]
}

function relu(pass: HeldReluPass, path: string, x: tf.Tensor2D): tf.Tensor2D {
  const slopes = pass.reluSlopes?.get(path);
  return slopes === undefined
    ? project(pass, path, x, { relu: true })
    : tf.mul(project(pass, path, x), slopes);
}
