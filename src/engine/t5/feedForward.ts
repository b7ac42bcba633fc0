/** The feed-forward layer of a block, `x + drop(wo(drop(activation)))`. Letters: see t5.ts. */
import type * as tf from '@tensorflow/tfjs';
import { geluGate } from '../ops/geluGate/geluGate.ts';
import { drop, normalise, project, projectOnto, type ForwardPass } from './forwardPass.ts';

/** ReLU(wi(x)) in T5 v1.0, gelu(wi_0(x))·wi_1(x) in v1.1 and FLAN; x [M,D] -> [M,D]. */
export function feedForward(pass: ForwardPass, layer: string, x: tf.Tensor2D): tf.Tensor2D {
  const path = `${layer}.DenseReluDense`;
  const normed = normalise(pass, `${layer}.layer_norm`, x); // [M,D]
  const hidden =
    pass.config.feedForwardProj === 'gated-gelu'
      ? geluGate(project(pass, `${path}.wi_0`, normed), project(pass, `${path}.wi_1`, normed)) // [M,F]
      : project(pass, `${path}.wi`, normed, { relu: true }); // [M,F]
  const dropped = drop(pass, `${path}.hidden`, hidden); // [M,F]
  return projectOnto(pass, x, `${path}.wo`, `${path}.output`, dropped); // [M,D]
}
