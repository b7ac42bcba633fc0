/**
 * The same T5 from stock tfjs operators: the plain version of every op, differentiated by tfjs itself, and tfjs's own
 * Adam. What training costs without Graft's engine. Letters of shapes: see src/engine/t5/t5.ts.
 */
import * as tf from '@tensorflow/tfjs';
import { attentionReference } from '../../src/engine/ops/attention/attention.ref.ts';
import type { AttentionOptions } from '../../src/engine/ops/attention/attention.ts';
import { crossEntropySumReference } from '../../src/engine/ops/crossEntropy/crossEntropy.ref.ts';
import { embeddingReference } from '../../src/engine/ops/embedding/embedding.ref.ts';
import { geluGateReference } from '../../src/engine/ops/geluGate/geluGate.ref.ts';
import { linearReference } from '../../src/engine/ops/linear/linear.ref.ts';
import { relativeBiasReference } from '../../src/engine/ops/relativeBias/relativeBias.ref.ts';
import { rmsNormReference } from '../../src/engine/ops/rmsNorm/rmsNorm.ref.ts';
import type { BatchTensors } from '../../src/engine/t5/batchTensors.ts';
import type { T5Config } from '../../src/engine/t5/config.ts';
import { positionBuckets } from '../../src/engine/t5/relativePosition.ts';
import { relativeBiasName, type Stack } from '../../src/engine/t5/spec.ts';

/** A low-rank pair as stock code would hold it. */
export interface PlainPair {
  readonly a: tf.Variable;
  readonly b: tf.Variable;
  readonly scaling: number;
}

export interface PlainPass {
  readonly config: T5Config;
  readonly weights: ReadonlyMap<string, tf.Tensor>;
  /** Module path → pair; empty in full training. */
  readonly adapter: ReadonlyMap<string, PlainPair>;
}

/** Mean cross-entropy of a full batch. */
export function plainLoss(pass: PlainPass, batch: BatchTensors): tf.Scalar {
  const states = plainEncode(pass, batch.inputIds, batch.inputMask);
  const hidden = plainDecode(pass, batch.decoderInputIds, states, batch.inputMask); // [B·T,D]
  return tf.div(crossEntropySumReference(plainLogits(pass, hidden), batch.labels), batch.labels.size);
}

/** Encoder states; ids [B·S], mask [B,S] -> [B·S,D]. */
export function plainEncode(pass: PlainPass, ids: tf.Tensor1D, mask: tf.Tensor2D): tf.Tensor2D {
  const [size, length] = mask.shape;
  const bias = stackBias(pass, 'encoder', length);
  let x = embed(pass, ids); // [B·S,D]
  for (let i = 0; i < pass.config.numLayers; i++) {
    x = plainEncoderBlock(pass, `encoder.block.${i}`, x, size, bias, mask);
  }
  return norm(pass, 'encoder.final_layer_norm', x);
}

/** Decoder states; ids [B·T], states [B·S,D] and mask [B,S] of the encoder -> [B·T,D]. */
export function plainDecode(
  pass: PlainPass,
  ids: tf.Tensor1D,
  states: tf.Tensor2D,
  mask: tf.Tensor2D,
): tf.Tensor2D {
  const [size, inputLength] = mask.shape;
  const length = ids.size / size;
  const bias = stackBias(pass, 'decoder', length);
  const self = options(pass, size, length, length);
  const cross = { ...options(pass, size, length, inputLength), keyMask: mask };
  let x = embed(pass, ids); // [B·T,D]
  for (let i = 0; i < pass.config.numDecoderLayers; i++) {
    const block = `decoder.block.${i}`;
    x = attend(pass, `${block}.layer.0`, 'SelfAttention', x, null, { ...self, bias, causal: true });
    x = attend(pass, `${block}.layer.1`, 'EncDecAttention', x, states, cross);
    x = feedForward(pass, `${block}.layer.2`, x);
  }
  return norm(pass, 'decoder.final_layer_norm', x);
}

/** Scores over the vocabulary; states [N,D] -> [N,V]. */
export function plainLogits(pass: PlainPass, states: tf.Tensor2D): tf.Tensor2D {
  const { tieWordEmbeddings, dModel } = pass.config;
  return tieWordEmbeddings
    ? linearReference(tf.mul(states, dModel ** -0.5), matrix(pass, 'shared'))
    : linearReference(states, matrix(pass, 'lm_head'));
}

/** One block of the encoder; x [B·S,D] -> [B·S,D]. */
export function plainEncoderBlock(
  pass: PlainPass,
  block: string,
  x: tf.Tensor2D,
  size: number,
  bias: tf.Tensor4D,
  keyMask: tf.Tensor2D | null,
): tf.Tensor2D {
  const length = x.shape[0] / size;
  const attention = { ...options(pass, size, length, length), bias, keyMask };
  const y = attend(pass, `${block}.layer.0`, 'SelfAttention', x, null, attention);
  return feedForward(pass, `${block}.layer.1`, y);
}

function attend(
  pass: PlainPass,
  layer: string,
  kind: string,
  x: tf.Tensor2D,
  states: tf.Tensor2D | null,
  attention: AttentionOptions,
): tf.Tensor2D {
  const path = `${layer}.${kind}`;
  const normed = norm(pass, `${layer}.layer_norm`, x);
  const query = project(pass, `${path}.q`, normed);
  const key = project(pass, `${path}.k`, states ?? normed);
  const value = project(pass, `${path}.v`, states ?? normed);
  return tf.add(x, project(pass, `${path}.o`, attentionReference({ query, key, value }, attention)));
}

function feedForward(pass: PlainPass, layer: string, x: tf.Tensor2D): tf.Tensor2D {
  const path = `${layer}.DenseReluDense`;
  const normed = norm(pass, `${layer}.layer_norm`, x);
  const hidden =
    pass.config.feedForwardProj === 'gated-gelu'
      ? geluGateReference(project(pass, `${path}.wi_0`, normed), project(pass, `${path}.wi_1`, normed))
      : tf.relu(project(pass, `${path}.wi`, normed));
  return tf.add(x, project(pass, `${path}.wo`, hidden));
}

function project(pass: PlainPass, path: string, x: tf.Tensor2D): tf.Tensor2D {
  const y = linearReference(x, matrix(pass, path));
  const pair = pass.adapter.get(path);
  if (pair === undefined) return y;
  const low = linearReference(x, pair.a as tf.Tensor2D);
  return tf.add(y, tf.mul(linearReference(low, pair.b as tf.Tensor2D), pair.scaling));
}

function norm(pass: PlainPass, path: string, x: tf.Tensor2D): tf.Tensor2D {
  return rmsNormReference(x, tensor(pass, path) as tf.Tensor1D, pass.config.layerNormEpsilon, false);
}

function embed(pass: PlainPass, ids: tf.Tensor1D): tf.Tensor2D {
  return embeddingReference(matrix(pass, 'shared'), ids, !(tensor(pass, 'shared') instanceof tf.Variable));
}

function stackBias(pass: PlainPass, stack: Stack, length: number): tf.Tensor4D {
  const table = pass.weights.get(relativeBiasName(stack)) as tf.Tensor2D;
  const buckets = tf.tensor1d(positionBuckets(pass.config, stack === 'encoder', length, length), 'int32');
  return relativeBiasReference(table, buckets, length, length, !(table instanceof tf.Variable));
}

function options(
  { config }: PlainPass,
  batch: number,
  queryLength: number,
  keyLength: number,
): AttentionOptions {
  const plain = { bias: null, keyMask: null, causal: false, dropoutRate: 0, seed: 0 };
  return { ...plain, batch, heads: config.numHeads, queryLength, keyLength };
}

function tensor({ weights }: PlainPass, path: string): tf.Tensor {
  const found = weights.get(`${path}.weight`);
  if (found === undefined) throw new Error(`There is no tensor "${path}.weight".`);
  return found;
}

function matrix(pass: PlainPass, path: string): tf.Tensor2D {
  return tensor(pass, path) as tf.Tensor2D;
}
