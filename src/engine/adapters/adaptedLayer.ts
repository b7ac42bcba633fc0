/** What an adapter makes of one linear layer. Letters: see t5/config.ts; M rows, `in` and `out` features. */
import * as tf from '@tensorflow/tfjs';
import { dropout } from '../ops/dropout/dropout.ts';
import { linear, type LinearEnd } from '../ops/linear/linear.ts';
import { loraLinear } from '../ops/linear/loraLinear.ts';
import { weight, type Weights } from '../weights.ts';
import type { ActiveAdapter, AdapterModule, Ia3Factors, LoraPair } from './adapter.ts';
import { doraFactor } from './dora.ts';

/** The frozen layer that an adapter is put on. */
export interface BaseLayer {
  /** Module path. */
  readonly path: string;
  /** [out, in] */
  readonly matrix: tf.Tensor2D;
  /** x·Wᵀ; [M,in] -> [M,out]. */
  apply(x: tf.Tensor2D): tf.Tensor2D;
  /** What follows the layer. */
  readonly end: LinearEnd;
}

/** The layer with its adapter and its end; x [M,in] -> [M,out]. `seed` is that of LoRA's dropout at this place. */
export function adaptedLayer(
  layer: BaseLayer,
  x: tf.Tensor2D,
  module: AdapterModule,
  active: ActiveAdapter,
  seed: number,
): tf.Tensor2D {
  if (module.kind === 'ia3') return ended(scaledLayer(layer, x, module, active.strength), layer.end);
  const { a, b, scaling, magnitude } = module;
  const { strength, dropoutRate } = active;
  if (magnitude === null) {
    const low = { a: a as tf.Tensor as tf.Tensor2D, b: b as tf.Tensor as tf.Tensor2D };
    return loraLinear(x, layer.matrix, { ...low, factor: scaling * strength, dropoutRate, seed }, layer.end);
  }
  const input = dropoutRate > 0 ? dropout(x, dropoutRate, seed) : x;
  const y = layer.apply(x); // [M,out]
  return ended(tf.add(y, doraDelta(layer, input, y, module, active)), layer.end);
}

function ended(y: tf.Tensor2D, { relu = false, residual }: LinearEnd): tf.Tensor2D {
  const positive = relu ? tf.relu(y) : y;
  return residual === undefined ? positive : tf.add(positive, residual);
}

/** scaling·(x·Aᵀ)·Bᵀ; x [M,in] -> [M,out]. */
function lowRank(x: tf.Tensor2D, { a, b, scaling }: LoraPair): tf.Tensor2D {
  const low = linear(x, a as tf.Variable<tf.Rank.R2>); // [M,R]
  const scaled: tf.Tensor2D = tf.mul(low, scaling); // [M,R], the smallest of the three
  return linear(scaled, b as tf.Variable<tf.Rank.R2>); // [M,out]
}

/** strength·((f − 1)·x·Wᵀ + f·s·x·Aᵀ·Bᵀ) with f = m/‖W + s·B·A‖, as PEFT; `y` is the layer's output without dropout. */
function doraDelta(
  layer: BaseLayer,
  x: tf.Tensor2D,
  y: tf.Tensor2D,
  module: LoraPair,
  active: ActiveAdapter,
): tf.Tensor2D {
  const factor = active.doraFactors?.get(layer.path) ?? doraFactor(module, layer.matrix); // [out]
  const base = active.dropoutRate > 0 ? layer.apply(x) : y; // [M,out]
  const change = tf.add(tf.mul(base, tf.sub(factor, 1)), tf.mul(lowRank(x, module), factor)); // [M,out]
  return active.strength === 1 ? (change as tf.Tensor2D) : tf.mul(change, active.strength);
}

/** IA³: features multiplied by learned factors l, or by 1 + strength·(l − 1). */
function scaledLayer(
  layer: BaseLayer,
  x: tf.Tensor2D,
  { factors, scalesInput }: Ia3Factors,
  strength: number,
): tf.Tensor2D {
  const learned = tf.reshape(factors, [factors.size]); // [in] or [out]
  const scale = strength === 1 ? learned : tf.add(1, tf.mul(tf.sub(learned, 1), strength));
  return scalesInput ? layer.apply(tf.mul(x, scale)) : tf.mul(layer.apply(x), scale);
}

/**
 * The pass with DoRA's factors computed once, for many steps with one adapter. `dispose` frees them. Passes without DoRA
 * come back as they are.
 */
export function withDoraFactors<
  Pass extends { readonly adapter: ActiveAdapter | null; readonly weights: Weights },
>(pass: Pass): { pass: Pass; dispose: () => void } {
  const factors = new Map<string, tf.Tensor1D>();
  for (const [path, module] of pass.adapter?.adapter.modules ?? []) {
    if (module.kind !== 'lora' || module.magnitude === null) continue;
    const matrix = weight<tf.Rank.R2>(pass.weights, `${path}.weight`); // [out,in]
    factors.set(path, tf.keep(tf.tidy(() => doraFactor(module, matrix))));
  }
  const isUsed = pass.adapter !== null && factors.size > 0;
  return {
    pass: isUsed ? { ...pass, adapter: { ...pass.adapter, doraFactors: factors } } : pass,
    dispose: () => tf.dispose([...factors.values()]),
  };
}
