/**
 * What one pass through the network needs, and the three things every layer does with it: project, normalise, drop.
 * Adapters of linear layers appear in `project` and nowhere else in the forward pass.
 */
import * as tf from '@tensorflow/tfjs';
import { deriveSeed } from '../../lib/prng.ts';
import { adaptedLayer } from '../adapters/adaptedLayer.ts';
import { withSaved, type ActiveAdapter } from '../adapters/adapter.ts';
import { dropout } from '../ops/dropout/dropout.ts';
import type { GradientSum, GradientSums } from '../ops/gradientSum.ts';
import { linear, type LinearEnd } from '../ops/linear/linear.ts';
import { rmsNorm } from '../ops/rmsNorm/rmsNorm.ts';
import { recompute } from '../recompute.ts';
import { activeRecorder } from '../replay/activeRecorder.ts';
import { isFrozen, weight, type Weights } from '../weights.ts';
import type { T5Config } from './config.ts';

export interface ForwardPass {
  readonly config: T5Config;
  readonly weights: Weights;
  /** Null: the base model. */
  readonly adapter: ActiveAdapter | null;
  /** The model's own dropout; 0 outside training. */
  readonly dropoutRate: number;
  /** Base of all dropout masks of this pass: every place derives its own seed from it. */
  readonly seed: number;
  /** Layers keep only their inputs for the backward pass and are computed again there: less memory, more time. */
  readonly recomputesBlocks: boolean;
  /** Where the gradients of tables that are used more than once come together; only while a loss is computed. */
  readonly gradientSums?: GradientSums;
  /** Sees the output of every layer and block under its path: for finding where a number went wrong. */
  readonly watch?: (path: string, output: tf.Tensor) => void;
}

/** A pass without dropout: evaluation and generation. */
export function inferencePass(
  config: T5Config,
  weights: Weights,
  adapter: ActiveAdapter['adapter'] | null = null,
  strength = 1,
): ForwardPass {
  const active = adapter === null || strength === 0 ? null : { adapter, strength, dropoutRate: 0 };
  const used = withSaved(weights, active?.adapter ?? null);
  return { config, weights: used, adapter: active, dropoutRate: 0, seed: 0, recomputesBlocks: false };
}

/**
 * A layer of a block, kept or recomputed as the pass says. `tensors` are all it uses besides weights. Layers rather than
 * blocks: what goes into one more layer is far less than what lies inside it.
 */
export function runLayer<Tensors extends Readonly<Record<string, tf.Tensor>>>(
  pass: ForwardPass,
  layer: string,
  tensors: Tensors,
  constants: readonly (keyof Tensors & string)[],
  compute: (tensors: Tensors) => tf.Tensor2D,
): tf.Tensor2D {
  if (!pass.recomputesBlocks) return watched(pass, layer, compute(tensors));
  return recompute(tensors, constants, trainedIn(pass, `${layer}.`), compute);
}

/** Variables that the layers under a path use. The position bias is computed outside of the blocks. */
function trainedIn({ weights, adapter }: ForwardPass, prefix: string): tf.Variable[] {
  const variables = new Set<tf.Variable>();
  for (const [name, tensor] of [...weights, ...(adapter?.adapter.variables ?? [])]) {
    const isHere = name.startsWith(prefix) && !name.includes('relative_attention_bias');
    if (isHere && tensor instanceof tf.Variable) variables.add(tensor);
  }
  return [...variables];
}

/** How a table takes part in a pass: frozen, or with its sum of gradients. */
export function tableOptions(
  pass: ForwardPass,
  table: tf.Tensor2D,
): { frozen: boolean; gradientSum: GradientSum | undefined } {
  const frozen = isFrozen(table);
  return { frozen, gradientSum: frozen ? undefined : pass.gradientSums?.of(table) };
}

/** The linear layer at `path`, with its adapter when there is one, and what follows it in one pass; x [M,in] -> [M,out]. */
export function project(pass: ForwardPass, path: string, x: tf.Tensor2D, end: LinearEnd = {}): tf.Tensor2D {
  const matrix = weight<tf.Rank.R2>(pass.weights, `${path}.weight`);
  const frozen = isFrozen(matrix);
  const module = pass.adapter?.adapter.modules.get(path);
  if (pass.adapter === null || module === undefined) {
    return watched(pass, path, linear(x, matrix, { frozen, ...end }));
  }
  const apply = (input: tf.Tensor2D) => linear(input, matrix, { frozen }); // [M,out]
  const seed = siteSeed(pass, `${path}.lora`);
  return watched(pass, path, adaptedLayer({ path, matrix, apply, end }, x, module, pass.adapter, seed));
}

/** `residual + drop(project(x))`; without dropout the sum is made with the product. */
export function projectOnto(
  pass: ForwardPass,
  residual: tf.Tensor2D,
  path: string,
  site: string,
  x: tf.Tensor2D,
): tf.Tensor2D {
  if (pass.dropoutRate === 0) return project(pass, path, x, { residual });
  return tf.add(residual, drop(pass, site, project(pass, path, x)));
}

/** The RMS norm at `path`; x [M,D] -> [M,D]. */
export function normalise(pass: ForwardPass, path: string, x: tf.Tensor2D): tf.Tensor2D {
  const scale = weight<tf.Rank.R1>(pass.weights, `${path}.weight`);
  return watched(pass, path, rmsNorm(x, scale, pass.config.layerNormEpsilon, { frozen: isFrozen(scale) }));
}

function watched<T extends tf.Tensor>({ watch }: ForwardPass, path: string, output: T): T {
  watch?.(path, output);
  return output;
}

/** Dropout at a named place of the network. */
export function drop(pass: ForwardPass, site: string, x: tf.Tensor2D): tf.Tensor2D {
  return pass.dropoutRate > 0 ? dropout(x, pass.dropoutRate, siteSeed(pass, site)) : x;
}

/** Seed of a named place in this pass. */
export function siteSeed(pass: ForwardPass, site: string): number {
  if (pass.dropoutRate === 0 && (pass.adapter?.dropoutRate ?? 0) === 0) return 0;
  const seed = deriveSeed(pass.seed, site);
  activeRecorder()?.sawSeed(seed, pass.seed, site);
  return seed;
}
