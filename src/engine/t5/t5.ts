/**
 * T5 (arXiv:1910.10683), v1.0 and v1.1/FLAN, as in transformers' `T5ForConditionalGeneration`.
 *
 * Shapes: B batch, S encoder positions, T decoder positions, D model width, H heads, K width of a head, F feed-forward
 * width, V vocabulary. Positions of all sequences lie in one dimension, [B·S, D]: every layer but attention works row by
 * row, and 2-D matrix products are those whose gradients tfjs gets right.
 */
import * as tf from '@tensorflow/tfjs';
import { prependPrompt, promptedMask } from '../adapters/promptTuning.ts';
import { headLossSum, type HeadOptions } from '../ops/crossEntropy/headLoss.ts';
import { embedding } from '../ops/embedding/embedding.ts';
import { GradientSums } from '../ops/gradientSum.ts';
import { linear } from '../ops/linear/linear.ts';
import { isRecording } from '../tape.ts';
import { isFrozen, weight } from '../weights.ts';
import { crossAttention, selfAttention, stackBias } from './attention.ts';
import type { BatchTensors } from './batchTensors.ts';
import { feedForward } from './feedForward.ts';
import { drop, normalise, runLayer, tableOptions, type ForwardPass } from './forwardPass.ts';
import { relativeBiasName, type Stack } from './spec.ts';

/** The encoder's mask, [B,S] int32 (1 token, 0 padding), with ones for the vectors of a learned prompt. */
export function encoderMask({ adapter }: ForwardPass, inputMask: tf.Tensor2D): tf.Tensor2D {
  return promptedMask(adapter, inputMask);
}

/** Encoder states; ids [B·N] int32, mask [B,S] of `encoderMask` -> [B·S,D]. S is N and the length of a learned prompt. */
export function encode(pass: ForwardPass, ids: tf.Tensor1D, mask: tf.Tensor2D): tf.Tensor2D {
  const [batch, length] = mask.shape;
  const lengths = { batch, query: length, key: length };
  const bias = stackBias(pass, 'encoder', length); // [1,H,S,S]
  const fixedBias = constantBias(pass, 'encoder');
  const embedded = prependPrompt(pass.adapter, embed(pass, ids, 'encoder'), batch); // [B·S,D]
  let x = drop(pass, 'encoder.embedding', embedded); // [B·S,D]
  for (let i = 0; i < pass.config.numLayers; i++) {
    const block = `encoder.block.${i}`;
    const layer = (index: number) => `${block}.layer.${index}`;
    x = runLayer(pass, layer(0), { x, mask, bias }, ['mask', ...fixedBias], (part) =>
      selfAttention(pass, layer(0), part.x, lengths, part.bias, part.mask),
    ); // [B·S,D]
    x = runLayer(pass, layer(1), { x }, [], (part) => feedForward(pass, layer(1), part.x)); // [B·S,D]
  }
  return drop(pass, 'encoder.output', normalise(pass, 'encoder.final_layer_norm', x)); // [B·S,D]
}

/** Decoder states; ids [B·T] int32, states [B·S,D] and mask [B,S] of the encoder -> [B·T,D]. */
export function decode(
  pass: ForwardPass,
  ids: tf.Tensor1D,
  states: tf.Tensor2D,
  mask: tf.Tensor2D,
): tf.Tensor2D {
  const [batch, inputLength] = mask.shape;
  const length = ids.size / batch;
  const self = { batch, query: length, key: length };
  const cross = { batch, query: length, key: inputLength };
  const bias = stackBias(pass, 'decoder', length); // [1,H,T,T]
  const fixedBias = constantBias(pass, 'decoder');
  let x = drop(pass, 'decoder.embedding', embed(pass, ids, 'decoder')); // [B·T,D]
  for (let i = 0; i < pass.config.numDecoderLayers; i++) {
    const block = `decoder.block.${i}`;
    const layer = (index: number) => `${block}.layer.${index}`;
    x = runLayer(pass, layer(0), { x, bias }, fixedBias, (part) =>
      selfAttention(pass, layer(0), part.x, self, part.bias, null),
    ); // [B·T,D]
    x = runLayer(pass, layer(1), { x, states, mask }, ['mask'], (part) => {
      // A clone per layer: gradients of the states are summed in the same order whether layers are recomputed or not.
      const ownStates = tf.clone(part.states);
      return crossAttention(pass, layer(1), part.x, ownStates, cross, part.mask);
    }); // [B·T,D]
    x = runLayer(pass, layer(2), { x }, [], (part) => feedForward(pass, layer(2), part.x)); // [B·T,D]
  }
  return drop(pass, 'decoder.output', normalise(pass, 'decoder.final_layer_norm', x)); // [B·T,D]
}

/** `['bias']` where the position bias gets no gradient. */
function constantBias(pass: ForwardPass, stack: Stack): 'bias'[] {
  return isFrozen(weight(pass.weights, relativeBiasName(stack))) ? ['bias'] : [];
}

/** Scores over the vocabulary; states [N,D] -> [N,V]. */
export function logits(pass: ForwardPass, states: tf.Tensor2D): tf.Tensor2D {
  const { head, scale } = headOf(pass);
  const scaled = scale === 1 ? states : tf.mul(states, scale); // [N,D]
  return linear(scaled as tf.Tensor2D, head, { frozen: isFrozen(head) }); // [N,V]
}

/**
 * The projection onto the vocabulary [V,D] and what its input is multiplied with. A tied head is the embedding, its input
 * scaled by D^-0.5; an adapter may bring a head of its own in its place.
 */
function headOf(pass: ForwardPass): { head: tf.Tensor2D; scale: number } {
  const { tieWordEmbeddings, dModel } = pass.config;
  const head = weight<tf.Rank.R2>(pass.weights, own('lm_head.weight', pass)); // [V,D]
  return { head, scale: tieWordEmbeddings ? dModel ** -0.5 : 1 };
}

/** Token embeddings, shared by both stacks unless an adapter brings other ones; ids [N] int32 -> [N,D]. */
export function embed(pass: ForwardPass, ids: tf.Tensor1D, stack: Stack): tf.Tensor2D {
  const table = weight<tf.Rank.R2>(pass.weights, own(`${stack}.embed_tokens.weight`, pass)); // [V,D]
  return embedding(table, ids, tableOptions(pass, table));
}

/** The name, or that of the shared embedding where there is no such tensor. */
function own(name: string, { weights }: ForwardPass): string {
  return weights.has(name) ? name : 'shared.weight';
}

/** Decoder states for every position of a batch, [B·T,D]. */
function statesOf(pass: ForwardPass, batch: BatchTensors): tf.Tensor2D {
  const mask = encoderMask(pass, batch.inputMask); // [B,S]
  const states = encode(pass, batch.inputIds, mask); // [B·S,D]
  return decode(pass, batch.decoderInputIds, states, mask); // [B·T,D]
}

/** Scores for every position of a batch, [B·T,V]. */
export function forward(pass: ForwardPass, batch: BatchTensors): tf.Tensor2D {
  return logits(pass, statesOf(pass, batch)); // [B·T,V]
}

/**
 * Cross-entropy of a batch's learned labels, summed and divided by `divisor` (nats). With the batch's own label count
 * it is the mean; under gradient accumulation the divisor is the count of the whole accumulated batch.
 */
export function loss(
  given: ForwardPass,
  batch: BatchTensors,
  divisor: number | tf.Scalar,
  options: Pick<HeadOptions, 'smoothing' | 'onTokenLosses'> = {},
): tf.Scalar {
  const pass = isRecording() ? { ...given, gradientSums: new GradientSums() } : given;
  const { head, scale } = headOf(pass);
  const sum = headLossSum(statesOf(pass, batch), head, batch.labels, {
    ...options,
    ...tableOptions(pass, head),
    scale,
  });
  return tf.div(sum, divisor);
}
