/** Configurations of well-known and of tiny models, for tests. */
import type { T5Config } from '../../engine/t5/config.ts';

/** google/flan-t5-base. */
export const FLAN_T5_BASE: T5Config = {
  dModel: 768,
  dKv: 64,
  dFf: 2048,
  numHeads: 12,
  numLayers: 12,
  numDecoderLayers: 12,
  vocabSize: 32128,
  relativeAttentionNumBuckets: 32,
  relativeAttentionMaxDistance: 128,
  layerNormEpsilon: 1e-6,
  dropoutRate: 0.1,
  feedForwardProj: 'gated-gelu',
  tieWordEmbeddings: false,
  padTokenId: 0,
  eosTokenId: 1,
  decoderStartTokenId: 0,
};

/** flan-t5-base with some fields changed. */
export function goldenConfig(changes: Partial<T5Config>): T5Config {
  return { ...FLAN_T5_BASE, ...changes };
}

/** google-t5/t5-small: v1.0, with ReLU and a tied head. */
export const T5_SMALL: T5Config = goldenConfig({
  dModel: 512,
  dFf: 2048,
  numHeads: 8,
  numLayers: 6,
  numDecoderLayers: 6,
  feedForwardProj: 'relu',
  tieWordEmbeddings: true,
});
