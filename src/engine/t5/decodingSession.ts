/**
 * The state of one generation on the device: the encoder's keys and values, computed once, and the decoder's, which grow by
 * one position a step. Letters: see t5.ts; N beams per prompt, T the longest output.
 */
import * as tf from '@tensorflow/tfjs';
import { withDoraFactors } from '../adapters/adaptedLayer.ts';
import { cachedAttention, cachedCrossAttention } from '../ops/cachedAttention/cachedAttention.ts';
import { makeKeyValueCache, type KeyValueCache } from '../ops/cachedAttention/keyValueCache.ts';
import { stackBias } from './attention.ts';
import { feedForward } from './feedForward.ts';
import { normalise, project, type ForwardPass } from './forwardPass.ts';
import type { PromptBatch } from './promptBatch.ts';
import { embed, encode, encoderMask, logits } from './t5.ts';

export interface DecodingSession {
  /** Rows decoded at once, B·N: the beams of a prompt lie together. */
  readonly rowCount: number;
  /** Start tokens [B·N] int32; the caller disposes them. */
  startTokens(): tf.Tensor1D;
  /** Scores [B·N,V] after one more token per row. Call it inside `tf.tidy`. */
  step(tokens: tf.Tensor1D): tf.Tensor2D;
  /** Lets every row go on from what row `parents[row]` has decoded; parents [B·N], each within the row's own prompt. */
  reorder(parents: Int32Array): void;
  dispose(): void;
}

/** Runs the encoder over the prompts and makes room for `capacity` tokens of `beams` answers to each. */
export function startDecoding(
  given: ForwardPass,
  prompts: PromptBatch,
  capacity: number,
  beams = 1,
): DecodingSession {
  const { pass, dispose: disposeFactors } = withDoraFactors(given);
  const { config } = pass;
  const { size: batch } = prompts;
  const rowCount = batch * beams;
  const width = config.numHeads * config.dKv;
  const layers = Array.from({ length: config.numDecoderLayers }, (_, i) => `decoder.block.${i}`);
  const mask = tf.tidy(() =>
    encoderMask(pass, tf.tensor2d(prompts.inputMask, [batch, prompts.inputLength], 'int32')),
  ); // [B,S]
  const fixed = tf.tidy(() => {
    const states = encode(pass, tf.tensor1d(prompts.inputIds, 'int32'), mask); // [B·S,D]
    return {
      bias: stackBias(pass, 'decoder', capacity), // [1,H,T,T]
      crossKeys: layers.map((block) => project(pass, `${block}.layer.1.EncDecAttention.k`, states)), // [B·S,H·K]
      crossValues: layers.map((block) => project(pass, `${block}.layer.1.EncDecAttention.v`, states)), // [B·S,H·K]
    };
  });
  const caches: KeyValueCache[] = layers.map(() => makeKeyValueCache(rowCount, width, capacity));

  const step = (tokens: tf.Tensor1D): tf.Tensor2D => {
    let x = embed(pass, tokens, 'decoder'); // [B·N,D]
    for (const [i, block] of layers.entries()) {
      const self = `${block}.layer.0.SelfAttention`;
      const normed = normalise(pass, `${block}.layer.0.layer_norm`, x); // [B·N,D]
      const cache = caches[i]!;
      cache.append(project(pass, `${self}.k`, normed), project(pass, `${self}.v`, normed));
      const query = project(pass, `${self}.q`, normed); // [B·N,H·K]
      const context = cachedAttention(query, cache, { heads: config.numHeads, bias: fixed.bias }); // [B·N,H·K]
      x = project(pass, `${self}.o`, context, { residual: x }); // [B·N,D]

      const cross = `${block}.layer.1.EncDecAttention`;
      const crossQuery = project(pass, `${cross}.q`, normalise(pass, `${block}.layer.1.layer_norm`, x)); // [B·N,H·K]
      const seen = cachedCrossAttention(crossQuery, fixed.crossKeys[i]!, fixed.crossValues[i]!, {
        batch,
        queriesPerSequence: beams,
        heads: config.numHeads,
        keyLength: mask.shape[1],
        keyMask: mask,
      }); // [B·N,H·K]
      x = project(pass, `${cross}.o`, seen, { residual: x }); // [B·N,D]
      x = feedForward(pass, `${block}.layer.2`, x); // [B·N,D]
    }
    return logits(pass, normalise(pass, 'decoder.final_layer_norm', x)); // [B·N,V]
  };

  return {
    rowCount,
    step,
    startTokens: () => tf.tensor1d(new Int32Array(rowCount).fill(config.decoderStartTokenId), 'int32'),
    reorder(parents) {
      if (parents.every((parent, row) => parent === row)) return;
      const rows = tf.tensor1d(parents, 'int32'); // [B·N]
      for (const cache of caches) cache.reorder(rows);
      rows.dispose();
    },
    dispose() {
      mask.dispose();
      disposeFactors();
      tf.dispose([fixed.bias, fixed.crossKeys, fixed.crossValues]);
      for (const cache of caches) cache.dispose();
    },
  };
}
