/**
 * Low-rank adapters (arXiv:2106.09685): y = x·Wᵀ + (alpha/r)·(x·Aᵀ)·Bᵀ with A [R,in], B [out,R], as PEFT has them.
 * An adapter is applied in `project` (t5/forwardPass.ts) and nowhere else; without it the same weights are the base model.
 */
import * as tf from '@tensorflow/tfjs';
import { deriveSeed, makePrng } from '../lib/prng.ts';
import type { AdapterSnapshot, LoraMatrices } from './adapterSnapshot.ts';
import { linear } from './ops/linear/linear.ts';
import { dropout } from './ops/dropout/dropout.ts';
import { readFresh } from './runtime.ts';
import type { T5Config } from './t5/config.ts';
import { loraModules, loraSpecs } from './t5/spec.ts';
import { makeVariable, weight, type Weights } from './weights.ts';

/** The two matrices of one module, on the device. */
export interface LoraPair {
  /** [R, in] */
  readonly a: tf.Variable;
  /** [out, R] */
  readonly b: tf.Variable;
  /** alpha/r, or alpha/√r for rank-stabilised adapters. */
  readonly scaling: number;
}

/** Module path (`encoder.block.0.layer.0.SelfAttention.q`) → its pair. */
export type Adapter = ReadonlyMap<string, LoraPair>;

/** An adapter as used in one pass. */
export interface ActiveAdapter {
  readonly adapter: Adapter;
  /** Multiplies the adapter: 1 as trained, 0 off, above 1 exaggerated. */
  readonly strength: number;
  /** Drop probability of the adapter's input; 0 outside training. */
  readonly dropoutRate: number;
}

/** Settings of a fresh adapter. */
export interface LoraOptions {
  readonly r: number;
  readonly alpha: number;
  readonly dropout: number;
  readonly targets: readonly string[];
}

/**
 * A fresh adapter as PEFT starts one: A uniform in ±1/√in (Kaiming with a = √5), B zero, so that it changes nothing yet.
 * Every matrix has its own sequence of random numbers, derived from the seed and its path.
 */
export function initAdapter(config: T5Config, options: LoraOptions, seed: number): AdapterSnapshot {
  const modules = new Map<string, LoraMatrices>();
  const present = loraModules(config);
  const targets = options.targets.filter((target) => present.includes(target));
  for (const { path, inSize, outSize } of loraSpecs(config, targets)) {
    const random = makePrng(deriveSeed(seed, path));
    const bound = 1 / Math.sqrt(inSize);
    modules.set(path, {
      rank: options.r,
      alpha: options.alpha,
      inSize,
      outSize,
      a: Float32Array.from({ length: options.r * inSize }, () => (2 * random.next() - 1) * bound),
      b: new Float32Array(outSize * options.r),
    });
  }
  const { r, alpha, dropout: rate } = options;
  return { r, alpha, dropout: rate, targets, isRankStabilised: false, modules };
}

/** Puts a snapshot's matrices on the device as variables. */
export function uploadAdapter(snapshot: AdapterSnapshot): Adapter {
  const adapter = new Map<string, LoraPair>();
  for (const [path, { a, b, rank, alpha, inSize, outSize }] of snapshot.modules) {
    adapter.set(path, {
      a: makeVariable([rank, inSize], a),
      b: makeVariable([outSize, rank], b),
      scaling: alpha / (snapshot.isRankStabilised ? Math.sqrt(rank) : rank),
    });
  }
  return adapter;
}

/** The snapshot with the adapter's present values in place of its own. */
export async function readAdapter(adapter: Adapter, settings: AdapterSnapshot): Promise<AdapterSnapshot> {
  const modules = new Map<string, LoraMatrices>();
  for (const [path, pair] of adapter) {
    const matrices = settings.modules.get(path);
    if (matrices === undefined) throw new Error(`The adapter's settings have no module "${path}".`);
    modules.set(path, { ...matrices, a: await readFresh(pair.a), b: await readFresh(pair.b) });
  }
  return { ...settings, modules };
}

/** Variables by the names they have in files: `${path}.lora_A.weight` and `${path}.lora_B.weight`. */
export function adapterVariables(adapter: Adapter): Map<string, tf.Variable> {
  const variables = new Map<string, tf.Variable>();
  for (const [path, { a, b }] of adapter) {
    variables.set(`${path}.lora_A.weight`, a);
    variables.set(`${path}.lora_B.weight`, b);
  }
  return variables;
}

/** What the adapter adds to a module's output: (strength·scaling·drop(x)·Aᵀ)·Bᵀ; x [M,in] -> [M,out]. */
export function adapterDelta(
  x: tf.Tensor2D,
  pair: LoraPair,
  active: ActiveAdapter,
  seed: number,
): tf.Tensor2D {
  const input = active.dropoutRate > 0 ? dropout(x, active.dropoutRate, seed) : x;
  const low = linear(input, pair.a as tf.Variable<tf.Rank.R2>); // [M,R]
  const scaled: tf.Tensor2D = tf.mul(low, pair.scaling * active.strength); // [M,R], the smallest of the three
  return linear(scaled, pair.b as tf.Variable<tf.Rank.R2>); // [M,out]
}

/**
 * The weights with the adapter folded in: W + strength·scaling·B·A for its modules, the same tensors elsewhere. New
 * tensors belong to the caller; `mergedOnly` names which they are.
 */
export function mergeAdapter(
  weights: Weights,
  adapter: Adapter,
  strength = 1,
): { weights: Weights; mergedOnly: readonly string[] } {
  const merged = new Map(weights);
  const mergedOnly: string[] = [];
  for (const [path, { a, b, scaling }] of adapter) {
    const name = `${path}.weight`;
    const base = weight<tf.Rank.R2>(weights, name);
    const delta = () => tf.mul(tf.matMul(b as tf.Tensor2D, a as tf.Tensor2D), scaling * strength); // [out,in]
    merged.set(name, tf.keep(tf.tidy(() => tf.add(base, delta()))));
    mergedOnly.push(name);
  }
  return { weights: merged, mergedOnly };
}

/** Frees an adapter's variables. */
export function disposeAdapter(adapter: Adapter): void {
  for (const { a, b } of adapter.values()) {
    a.dispose();
    b.dispose();
  }
}
