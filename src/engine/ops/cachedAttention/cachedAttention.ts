/** Attention while decoding: one new query per sequence, no gradient. */
import * as tf from '@tensorflow/tfjs';
import { allocate, isWebgpu, reductionStyle, runKernel } from '../../runtime.ts';
import { attentionReference } from '../attention/attention.ref.ts';
import { lanesOf, rowWorkgroups, widestType } from '../wgsl.ts';
import { cachedAttentionReference } from './cachedAttention.ref.ts';
import { decodeAttentionCode } from './cachedAttention.wgsl.ts';
import type { KeyValueCache } from './keyValueCache.ts';

/** What one step of self-attention over a cache needs besides the query. */
export interface CachedAttentionOptions {
  heads: number;
  /** Bias table [1, H, Tq, Tk] with Tq, Tk ≥ cache.length; row cache.length - 1 is used. */
  bias: tf.Tensor4D | null;
}

/** Self-attention of the newest token, whose key and value were just appended, over all cached positions.
 *  query [B, H*K] -> [B, H*K]. */
export function cachedAttention(
  query: tf.Tensor2D,
  cache: KeyValueCache,
  { heads, bias }: CachedAttentionOptions,
): tf.Tensor2D {
  if (!isWebgpu()) return cachedAttentionReference(query, cache, heads, bias);
  const { keys, values, capacity, length } = cache;
  return decodeAttention({ query, keys, values, heads, capacity, length, bias, mask: null, group: 1 });
}

/** Sizes and mask of decoding's cross-attention. */
export interface CrossAttentionOptions {
  batch: number;
  /** Queries of one sequence, which lie together: the beams of a search; 1 where left out. */
  queriesPerSequence?: number;
  heads: number;
  /** Encoder positions S. */
  keyLength: number;
  /** [B,S], int32 or float32: 1 for tokens, 0 for padding. */
  keyMask: tf.Tensor2D | null;
}

/** Attention of the newest queries over the encoder's keys and values, computed once per generation.
 *  query [B*N, H*K] with N queries per sequence; key, value [B*S, H*K] -> [B*N, H*K]. */
export function cachedCrossAttention(
  query: tf.Tensor2D,
  key: tf.Tensor2D,
  value: tf.Tensor2D,
  { batch, queriesPerSequence = 1, heads, keyLength, keyMask }: CrossAttentionOptions,
): tf.Tensor2D {
  if (!isWebgpu()) {
    const options = { batch, heads, keyLength, keyMask, queryLength: queriesPerSequence, bias: null };
    return attentionReference({ query, key, value }, { ...options, causal: false, dropoutRate: 0, seed: 0 });
  }
  const sizes = { heads, capacity: keyLength, length: keyLength };
  return decodeAttention({
    ...sizes,
    query,
    keys: key,
    values: value,
    bias: null,
    mask: keyMask,
    group: queriesPerSequence,
  });
}

interface DecodeAttention {
  query: tf.Tensor2D;
  keys: tf.Tensor;
  values: tf.Tensor;
  heads: number;
  capacity: number;
  length: number;
  bias: tf.Tensor4D | null;
  mask: tf.Tensor2D | null;
  /** Queries per sequence. */
  group: number;
}

function decodeAttention(run: DecodeAttention): tf.Tensor2D {
  const { query, keys, values, heads, capacity, length, bias, mask, group } = run;
  const [batch, width] = query.shape;
  const rows = batch * heads;
  const type = widestType(width / heads);
  const variant = {
    value: type,
    hasBias: bias !== null,
    mask: mask === null ? null : mask.dtype === 'int32' ? 'i32' : 'f32',
  } as const;
  const [, , biasRows, biasColumns] = bias?.shape ?? [1, heads, 0, 0];
  const biasStart = (length - 1) * biasColumns;
  const style = reductionStyle();
  return tf.tidy(() => {
    const context = allocate<tf.Rank.R2>([batch, width]);
    const scratch = allocate<tf.Rank.R2>([rows, capacity]);
    runKernel({
      key: `decode attention ${style} ${Object.values(variant).join(' ')}`,
      code: () => decodeAttentionCode(style, variant),
      writes: [context, scratch],
      reads: [query, keys, values, bias, mask].filter((tensor) => tensor !== null),
      uniforms: {
        u32: [
          rows,
          heads,
          width / heads / lanesOf(type),
          capacity,
          length,
          biasRows * biasColumns,
          bias === null ? 0 : biasStart,
          group,
        ],
      },
      workgroups: rowWorkgroups(style, rows),
    });
    return context;
  });
}
