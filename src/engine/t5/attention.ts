/**
 * The attention layers of a block, each `x + drop(attention(norm(x)))`. Letters: see t5.ts.
 *
 * Scores are query·key plus a learned bias by distance, never divided by √K: T5 folds that factor into its
 * initialisation. All blocks of a stack share the bias of block 0; cross-attention has none.
 */
import * as tf from '@tensorflow/tfjs';
import { attention } from '../ops/attention/attention.ts';
import { relativeBias } from '../ops/relativeBias/relativeBias.ts';
import { isFrozen, weight } from '../weights.ts';
import { normalise, project, projectOnto, siteSeed, type ForwardPass } from './forwardPass.ts';
import { positionBuckets } from './relativePosition.ts';
import { relativeBiasName, type Stack } from './spec.ts';

/** Lengths of the sequences of one batch. */
export interface Lengths {
  readonly batch: number;
  readonly query: number;
  readonly key: number;
}

/** The bias of a stack for all pairs of positions, [1,H,N,N]. The encoder looks both ways. */
export function stackBias(pass: ForwardPass, stack: Stack, length: number): tf.Tensor4D {
  const table = weight<tf.Rank.R2>(pass.weights, relativeBiasName(stack)); // [buckets,H]
  const buckets = positionBuckets(pass.config, stack === 'encoder', length, length);
  const ids = tf.tensor1d(buckets, 'int32'); // [N·N]
  return relativeBias(table, ids, length, length, { frozen: isFrozen(table) });
}

/** Self-attention of a block; x [B·N,D] -> [B·N,D]. `keyMask` is null in the decoder, which looks back only. */
export function selfAttention(
  pass: ForwardPass,
  layer: string,
  x: tf.Tensor2D,
  lengths: Lengths,
  bias: tf.Tensor4D,
  keyMask: tf.Tensor2D | null,
): tf.Tensor2D {
  const path = `${layer}.SelfAttention`;
  const normed = normalise(pass, `${layer}.layer_norm`, x); // [B·N,D]
  const context = attention(
    {
      query: project(pass, `${path}.q`, normed), // [B·N,H·K]
      key: project(pass, `${path}.k`, normed), // [B·N,H·K]
      value: project(pass, `${path}.v`, normed), // [B·N,H·K]
    },
    {
      ...shared(pass, path, lengths),
      bias,
      biasFrozen: isFrozen(weight(pass.weights, relativeBiasName(stackOf(layer)))),
      keyMask,
      causal: keyMask === null,
    },
  ); // [B·N,H·K]
  return projectOnto(pass, x, `${path}.o`, `${path}.output`, context); // [B·N,D]
}

/** Attention of the decoder over the encoder's states; x [B·T,D], states [B·S,D] -> [B·T,D]. */
export function crossAttention(
  pass: ForwardPass,
  layer: string,
  x: tf.Tensor2D,
  states: tf.Tensor2D,
  lengths: Lengths,
  keyMask: tf.Tensor2D,
): tf.Tensor2D {
  const path = `${layer}.EncDecAttention`;
  const normed = normalise(pass, `${layer}.layer_norm`, x); // [B·T,D]
  const context = attention(
    {
      query: project(pass, `${path}.q`, normed), // [B·T,H·K]
      key: project(pass, `${path}.k`, states), // [B·S,H·K]
      value: project(pass, `${path}.v`, states), // [B·S,H·K]
    },
    { ...shared(pass, path, lengths), bias: null, keyMask, causal: false },
  ); // [B·T,H·K]
  return projectOnto(pass, x, `${path}.o`, `${path}.output`, context); // [B·T,D]
}

function stackOf(layer: string): Stack {
  return layer.startsWith('encoder.') ? 'encoder' : 'decoder';
}

function shared(pass: ForwardPass, path: string, { batch, query, key }: Lengths) {
  return {
    batch,
    heads: pass.config.numHeads,
    queryLength: query,
    keyLength: key,
    dropoutRate: pass.dropoutRate,
    seed: siteSeed(pass, `${path}.probabilities`),
  };
}
