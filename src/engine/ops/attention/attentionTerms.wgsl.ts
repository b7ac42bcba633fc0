/** What every attention kernel shares in its WGSL: which variant it is, and how one score is biased and hidden. */

import { widestType, type WgslType } from '../wgsl.ts';
import type { AttentionOptions } from './attention.ts';

/** What an attention reads and does besides query, key and value. */
export interface AttentionVariant {
  /** How the bias is read, if there is one: in vec4 where the number of keys allows. */
  bias: 'f32' | 'vec4<f32>' | null;
  /** Number type of the key mask, if there is one. */
  mask: 'f32' | 'i32' | null;
  causal: boolean;
  hasDropout: boolean;
}

/** The variant that some options ask for. */
export function variantOf({
  bias,
  keyLength,
  keyMask,
  causal,
  dropoutRate,
}: AttentionOptions): AttentionVariant {
  return {
    bias: bias === null ? null : widestType(keyLength),
    mask: keyMask === null ? null : keyMask.dtype === 'int32' ? 'i32' : 'f32',
    causal,
    hasDropout: dropoutRate > 0,
  };
}

/** The storage buffers that a variant reads beyond the rest, in binding order. */
export function variantReads({ bias, mask }: AttentionVariant): Record<string, WgslType> {
  return { ...(bias === null ? {} : { bias }), ...(mask === null ? {} : { mask }) };
}

/** A short name of the variant for kernel keys. */
export function variantKey({ bias, mask, causal, hasDropout }: AttentionVariant): string {
  return `${bias ?? 'no'} bias, ${mask ?? 'no'} mask${causal ? ', causal' : ''}${hasDropout ? ', dropout' : ''}`;
}

/**
 * For four neighbouring keys from `key`, a multiple of 4: `hiddenKeys(batch, key)` by the mask alone, and
 * `finishScores(scores, hidden, head, query, key)`, the scores plus their bias, or the lowest number where the query may not
 * look. Keys beyond the last give any value. Needs `u.queries` and `u.keys`.
 */
export function scoreFunctions({ bias, mask, causal }: AttentionVariant): string {
  const four = (one: (key: string) => string): string =>
    `(${[0, 1, 2, 3].map((j) => one(`min(key + ${j}u, u.keys - 1u)`)).join(', ')})`;
  const rowStart = '(head * u.queries + query) * u.keys';
  const biases = {
    'vec4<f32>': `bias[(${rowStart} + key) / 4u]`,
    f32: `vec4<f32>${four((key) => `bias[${rowStart} + ${key}]`)}`,
  };
  return `const lowest = -3.4028234663852886e38;
fn hiddenKeys(batch: u32, key: u32) -> vec4<bool> {
  return vec4<bool>${mask === null ? '(false)' : four((k) => `mask[batch * u.keys + ${k}] == ${mask}(0)`)};
}
fn finishScores(scores: vec4<f32>, hidden: vec4<bool>, head: u32, query: u32, key: u32) -> vec4<f32> {
  ${causal ? 'let ahead = vec4<u32>(key + u.queries) + vec4<u32>(0u, 1u, 2u, 3u) > vec4<u32>(u.keys + query);' : ''}
  return select(scores${bias === null ? '' : ` + ${biases[bias]}`}, vec4<f32>(lowest), ${causal ? 'hidden | ahead' : 'hidden'});
}
/** Which of four neighbouring keys exist. */
fn areKeys(key: u32) -> vec4<bool> {
  return vec4<u32>(key) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(u.keys);
}
`;
}
