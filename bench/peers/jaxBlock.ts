/** An encoder block of T5 forward and backward in jax-js, compiled by its `jit`. Weights lie as it likes them, [in, out]. */
import { jit, numpy as np, tree, valueAndGrad, type Array as JaxArray } from '@jax-js/jax';
import type { T5Config } from '../../src/engine/t5/config.ts';

export type JaxWeights = Record<string, JaxArray>;

/** A compiled block. `run` resolves with the value of Σ block(x)·target and all its gradients, on the device. */
export interface JaxBlock {
  run(): Promise<{ value: number; gradients: JaxWeights }>;
  dispose(): void;
}

/**
 * `weights`: norm1, q, k, v, o, norm2, wi_0, wi_1, wo as [in, out], and x [B·S,D], all of which get gradients.
 * Constants: bias [1,H,S,S] and target [B·S,D]. jax-js consumes what a function is given: `.ref` keeps it.
 */
export function openJaxBlock(
  { numHeads, layerNormEpsilon }: T5Config,
  size: number,
  weights: JaxWeights,
  bias: JaxArray,
  target: JaxArray,
): JaxBlock {
  const rmsNorm = (x: JaxArray, scale: JaxArray): JaxArray => {
    const meanSquare = np.mean(np.square(x.ref), -1, { keepdims: true });
    return x.mul(np.reciprocal(np.sqrt(meanSquare.add(layerNormEpsilon)))).mul(scale);
  };
  const gelu = (x: JaxArray): JaxArray => {
    const cubic = x.ref.add(x.ref.mul(x.ref).mul(x.ref).mul(0.044715));
    return x.mul(0.5).mul(np.tanh(cubic.mul(Math.sqrt(2 / Math.PI))).add(1));
  };
  const softmax = (scores: JaxArray): JaxArray => {
    const shifted = np.exp(scores.ref.sub(np.max(scores, -1, { keepdims: true })));
    return shifted.ref.div(np.sum(shifted, -1, { keepdims: true }));
  };
  const weighedSum = (w: JaxWeights, added: JaxArray, wanted: JaxArray): JaxArray => {
    const x = w['x']!;
    const length = x.shape[0]! / size;
    const heads = (y: JaxArray): JaxArray => y.reshape([size, length, numHeads, -1]);
    const normed = rmsNorm(x.ref, w['norm1']!);
    const query = heads(np.matmul(normed.ref, w['q']!)).transpose([0, 2, 1, 3]); // [B,H,S,K]
    const key = heads(np.matmul(normed.ref, w['k']!)).transpose([0, 2, 3, 1]); // [B,H,K,S]
    const value = heads(np.matmul(normed, w['v']!)).transpose([0, 2, 1, 3]); // [B,H,S,K]
    const probabilities = softmax(np.matmul(query, key).add(added)); // [B,H,S,S]
    const context = np
      .matmul(probabilities, value)
      .transpose([0, 2, 1, 3])
      .reshape([size * length, -1]);
    const y = x.add(np.matmul(context, w['o']!));
    const normedY = rmsNorm(y.ref, w['norm2']!);
    const gate = gelu(np.matmul(normedY.ref, w['wi_0']!));
    const output = y.add(np.matmul(gate.mul(np.matmul(normedY, w['wi_1']!)), w['wo']!));
    return np.sum(output.mul(wanted));
  };
  const compiled = jit(valueAndGrad(weighedSum));
  return {
    async run() {
      const [value, gradients] = compiled(tree.ref(weights), bias.ref, target.ref) as [JaxArray, JaxWeights];
      const [read] = (await value.data()) as Float32Array;
      return { value: read!, gradients };
    },
    dispose() {
      compiled.dispose();
      tree.dispose(weights);
      bias.dispose();
      target.dispose();
    },
  };
}
