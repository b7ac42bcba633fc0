/** The fields of a Hugging Face T5 `config.json` that change the computation. Letters used in shapes everywhere:
 *  B batch, S encoder positions, T decoder positions, D dModel, H heads, K dKv, F dFf, V vocabulary, R LoRA rank. */
export interface T5Config {
  readonly dModel: number;
  readonly dKv: number;
  readonly dFf: number;
  readonly numHeads: number;
  readonly numLayers: number;
  readonly numDecoderLayers: number;
  readonly vocabSize: number;
  readonly relativeAttentionNumBuckets: number;
  readonly relativeAttentionMaxDistance: number;
  readonly layerNormEpsilon: number;
  readonly dropoutRate: number;
  /** `relu` (T5 v1.0: one `wi`) or `gated-gelu` (v1.1, FLAN: `wi_0`, `wi_1`). */
  readonly feedForwardProj: 'relu' | 'gated-gelu';
  /** Tied: logits use shared.weight and the decoder output is scaled by dModel^-0.5. */
  readonly tieWordEmbeddings: boolean;
  readonly padTokenId: number;
  readonly eosTokenId: number;
  readonly decoderStartTokenId: number;
}
