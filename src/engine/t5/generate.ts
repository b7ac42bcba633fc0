/**
 * Text generation: the encoder runs once, then the decoder one token at a time over cached keys and values. Greedy
 * tokens stay on the device and are read every few steps; sampling reads the scores of each step.
 * Letters: see t5.ts. T here is the longest output.
 */
import * as tf from '@tensorflow/tfjs';
import { argmaxRows } from '../ops/argmaxRows/argmaxRows.ts';
import { cachedAttention, cachedCrossAttention } from '../ops/cachedAttention/cachedAttention.ts';
import { makeKeyValueCache, type KeyValueCache } from '../ops/cachedAttention/keyValueCache.ts';
import { readFresh, readFreshInts } from '../runtime.ts';
import { deriveSeed, makePrng } from '../../lib/prng.ts';
import { stackBias } from './attention.ts';
import { feedForward } from './feedForward.ts';
import { normalise, project, type ForwardPass } from './forwardPass.ts';
import { sampleToken, type SamplingOptions } from './sampling.ts';
import { embed, encode, logits } from './t5.ts';

/** Prompts as padded token ids. */
export interface PromptBatch {
  readonly size: number;
  readonly inputLength: number;
  /** [B,S]; padding is 0. */
  readonly inputIds: Int32Array;
  /** [B,S]; 1 for a token, 0 for padding. */
  readonly inputMask: Int32Array;
}

export interface GenerateOptions {
  readonly maxNewTokens: number;
  /** Null: greedy, the most likely token each time. */
  readonly sampling: SamplingOptions | null;
  readonly signal?: AbortSignal;
  /** Tokens found since the last call, one list per row (empty for finished rows); without </s>. */
  readonly onTokens?: (newIds: readonly (readonly number[])[]) => void;
  /** Greedy steps between reads. More is faster, fewer streams smoother. */
  readonly readEvery?: number;
}

export interface Generated {
  /** Token ids of one row, without the start token and without </s>. */
  readonly ids: number[];
  /** Whether the row ended with </s>, and not at the longest output. */
  readonly isComplete: boolean;
}

const DEFAULT_READ_EVERY = 8;

/** Generates for every row of a batch. Throws `signal.reason` when stopped; frees everything either way. */
export async function generate(
  pass: ForwardPass,
  prompts: PromptBatch,
  options: GenerateOptions,
): Promise<Generated[]> {
  const collector = collectRows(prompts.size, pass.config.eosTokenId, options.onTokens);
  if (options.maxNewTokens < 1) return collector.rows();
  const session = startDecoding(pass, prompts, options.maxNewTokens);
  try {
    if (options.sampling === null) await decodeGreedily(session, options, collector);
    else await decodeBySampling(session, options, options.sampling, collector);
    return collector.rows();
  } finally {
    session.dispose();
  }
}

/** The longest batch of equal-length arrays that prompts of several lengths need: pads with 0. */
export function padPrompts(prompts: readonly ArrayLike<number>[]): PromptBatch {
  const inputLength = Math.max(1, ...prompts.map((ids) => ids.length));
  const inputIds = new Int32Array(prompts.length * inputLength);
  const inputMask = new Int32Array(prompts.length * inputLength);
  for (const [row, ids] of prompts.entries()) {
    inputIds.set(ids, row * inputLength);
    inputMask.fill(1, row * inputLength, row * inputLength + ids.length);
  }
  return { size: prompts.length, inputLength, inputIds, inputMask };
}

async function decodeGreedily(
  session: Decoding,
  options: GenerateOptions,
  rows: RowCollector,
): Promise<void> {
  const readEvery = options.readEvery ?? DEFAULT_READ_EVERY;
  let unread: tf.Tensor1D[] = [session.startTokens()];
  let newest = unread[0]!;
  try {
    for (let step = 1; step <= options.maxNewTokens; step++) {
      options.signal?.throwIfAborted();
      newest = tf.keep(tf.tidy(() => argmaxRows(session.step(newest)))); // [B]
      unread.push(newest);
      if (step % readEvery !== 0 && step !== options.maxNewTokens) continue;
      const stacked = tf.stack(unread.slice(1)); // [steps,B]; the first was read before
      const ids = await readFreshInts(stacked);
      stacked.dispose();
      tf.dispose(unread.slice(0, -1));
      unread = [newest];
      rows.add(ids);
      if (rows.areComplete()) return;
    }
  } finally {
    tf.dispose(unread);
  }
}

async function decodeBySampling(
  session: Decoding,
  options: GenerateOptions,
  sampling: SamplingOptions,
  rows: RowCollector,
): Promise<void> {
  // A generator per row: a row's text does not depend on what else is in the batch.
  const random = Array.from({ length: session.batch }, (_, row) =>
    makePrng(deriveSeed(sampling.seed, `row ${row}`)),
  );
  let tokens = session.startTokens();
  try {
    for (let step = 1; step <= options.maxNewTokens; step++) {
      options.signal?.throwIfAborted();
      const scores = tf.tidy(() => session.step(tokens)); // [B,V]
      const values = await readFresh(scores);
      scores.dispose();
      const vocabSize = values.length / session.batch;
      const ids = Int32Array.from(random, (prng, row) =>
        sampleToken(values.subarray(row * vocabSize, (row + 1) * vocabSize), sampling, prng),
      );
      rows.add(ids);
      if (rows.areComplete()) return;
      tokens.dispose();
      tokens = tf.tensor1d(ids, 'int32');
    }
  } finally {
    tokens.dispose();
  }
}

/** The state of one generation on the device. */
interface Decoding {
  readonly batch: number;
  /** Start tokens [B] int32; the caller disposes them. */
  startTokens(): tf.Tensor1D;
  /** Scores [B,V] after one more token per row. Call it inside `tf.tidy`. */
  step(tokens: tf.Tensor1D): tf.Tensor2D;
  dispose(): void;
}

function startDecoding(pass: ForwardPass, prompts: PromptBatch, capacity: number): Decoding {
  const { config } = pass;
  const { size: batch, inputLength } = prompts;
  const width = config.numHeads * config.dKv;
  const layers = Array.from({ length: config.numDecoderLayers }, (_, i) => `decoder.block.${i}`);
  const mask = tf.tensor2d(prompts.inputMask, [batch, inputLength], 'int32'); // [B,S]
  const fixed = tf.tidy(() => {
    const states = encode(pass, tf.tensor1d(prompts.inputIds, 'int32'), mask); // [B·S,D]
    return {
      bias: stackBias(pass, 'decoder', capacity), // [1,H,T,T]
      crossKeys: layers.map((block) => project(pass, `${block}.layer.1.EncDecAttention.k`, states)), // [B·S,H·K]
      crossValues: layers.map((block) => project(pass, `${block}.layer.1.EncDecAttention.v`, states)), // [B·S,H·K]
    };
  });
  const caches: KeyValueCache[] = layers.map(() => makeKeyValueCache(batch, width, capacity));

  const step = (tokens: tf.Tensor1D): tf.Tensor2D => {
    let x = embed(pass, tokens); // [B,D]
    for (const [i, block] of layers.entries()) {
      const self = `${block}.layer.0.SelfAttention`;
      const normed = normalise(pass, `${block}.layer.0.layer_norm`, x); // [B,D]
      const cache = caches[i]!;
      cache.append(project(pass, `${self}.k`, normed), project(pass, `${self}.v`, normed));
      const query = project(pass, `${self}.q`, normed); // [B,H·K]
      const context = cachedAttention(query, cache, { heads: config.numHeads, bias: fixed.bias }); // [B,H·K]
      x = tf.add(x, project(pass, `${self}.o`, context)); // [B,D]

      const cross = `${block}.layer.1.EncDecAttention`;
      const crossQuery = project(pass, `${cross}.q`, normalise(pass, `${block}.layer.1.layer_norm`, x)); // [B,H·K]
      const seen = cachedCrossAttention(crossQuery, fixed.crossKeys[i]!, fixed.crossValues[i]!, {
        batch,
        heads: config.numHeads,
        keyLength: inputLength,
        keyMask: mask,
      }); // [B,H·K]
      x = tf.add(x, project(pass, `${cross}.o`, seen)); // [B,D]
      x = feedForward(pass, `${block}.layer.2`, x); // [B,D]
    }
    return logits(pass, normalise(pass, 'decoder.final_layer_norm', x)); // [B,V]
  };

  return {
    batch,
    step,
    startTokens: () => tf.tensor1d(new Int32Array(batch).fill(config.decoderStartTokenId), 'int32'),
    dispose() {
      mask.dispose();
      tf.dispose([fixed.bias, fixed.crossKeys, fixed.crossValues]);
      for (const cache of caches) cache.dispose();
    },
  };
}

interface RowCollector {
  /** Ids of one or more steps, [steps,B]. */
  add(ids: Int32Array): void;
  areComplete(): boolean;
  rows(): Generated[];
}

/** Sorts tokens into rows; what follows a row's </s> is dropped. */
function collectRows(size: number, eos: number, onTokens: GenerateOptions['onTokens']): RowCollector {
  const rows = Array.from({ length: size }, () => ({ ids: [] as number[], isComplete: false }));
  return {
    add(ids) {
      const fresh = rows.map(() => [] as number[]);
      for (let i = 0; i < ids.length; i++) {
        const row = rows[i % size]!;
        if (row.isComplete) continue;
        const id = ids[i]!;
        if (id === eos) row.isComplete = true;
        else {
          row.ids.push(id);
          fresh[i % size]!.push(id);
        }
      }
      onTokens?.(fresh);
    },
    areComplete: () => rows.every((row) => row.isComplete),
    rows: () => rows,
  };
}
