/** The small files of a model folder for transformers: config.json, generation_config.json, tokenizer.json. */
import type { T5Config } from '../engine/t5/config.ts';
import type { StreamedFormat } from '../formats/safetensorsStream.ts';

/** What these files are made from. */
export interface MergedModelFacts {
  readonly config: T5Config;
  /** The base model's own config.json: what Graft does not know goes along. */
  readonly configJson: string;
  readonly tokenizerJson: string;
  readonly tieWordEmbeddings: boolean;
  readonly format: StreamedFormat;
}

/** Name → text. */
export function mergedModelFiles(facts: MergedModelFacts): Map<string, string> {
  const { config } = facts;
  const generation = {
    _from_model_config: true,
    decoder_start_token_id: config.decoderStartTokenId,
    eos_token_id: config.eosTokenId,
    pad_token_id: config.padTokenId,
  };
  return new Map([
    ['config.json', configText(facts)],
    ['generation_config.json', `${JSON.stringify(generation, null, 2)}\n`],
    ['tokenizer.json', facts.tokenizerJson],
  ]);
}

/** transformers 5 keeps in `scale_decoder_outputs` what older versions keep in `tie_word_embeddings`. */
function configText({ configJson, tieWordEmbeddings, config, format }: MergedModelFacts): string {
  const given = JSON.parse(configJson) as Record<string, unknown>;
  const dtype = format === 'F16' ? 'float16' : 'float32';
  const tying =
    tieWordEmbeddings === config.tieWordEmbeddings
      ? {}
      : {
          tie_word_embeddings: tieWordEmbeddings,
          ...('scale_decoder_outputs' in given ? { scale_decoder_outputs: tieWordEmbeddings } : {}),
        };
  const known = {
    model_type: 't5',
    ...given,
    ...tying,
    architectures: ['T5ForConditionalGeneration'],
    ...('dtype' in given ? { dtype } : { torch_dtype: dtype }),
  };
  return `${JSON.stringify(known, null, 2)}\n`;
}
