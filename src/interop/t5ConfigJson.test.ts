import { expect, test } from 'vitest';
import { FLAN_T5_BASE } from '../test/golden/goldenConfig.ts';
import { readT5Config } from './t5ConfigJson.ts';

/** google/flan-t5-base's config.json, the fields that count. */
const flan = {
  architectures: ['T5ForConditionalGeneration'],
  d_ff: 2048,
  d_kv: 64,
  d_model: 768,
  decoder_start_token_id: 0,
  dropout_rate: 0.1,
  eos_token_id: 1,
  feed_forward_proj: 'gated-gelu',
  layer_norm_epsilon: 1e-6,
  model_type: 't5',
  num_decoder_layers: 12,
  num_heads: 12,
  num_layers: 12,
  pad_token_id: 0,
  relative_attention_num_buckets: 32,
  tie_word_embeddings: false,
  vocab_size: 32128,
};

test('flan-t5-base', () => {
  expect(readT5Config(flan)).toEqual(FLAN_T5_BASE);
});

test('defaults of transformers: t5-small from its type alone', () => {
  expect(readT5Config({ model_type: 't5' })).toMatchObject({
    dModel: 512,
    numLayers: 6,
    numDecoderLayers: 6,
    numHeads: 8,
    vocabSize: 32128,
    feedForwardProj: 'relu',
    tieWordEmbeddings: true,
    decoderStartTokenId: 0,
  });
  expect(readT5Config({ model_type: 't5', num_layers: 4 }).numDecoderLayers).toBe(4);
  expect(readT5Config({ model_type: 'mt5' })).toMatchObject({
    feedForwardProj: 'gated-gelu',
    tieWordEmbeddings: false,
  });
});

test('transformers 5 writes tied for every model and keeps the difference elsewhere', () => {
  const saved = { ...flan, tie_word_embeddings: true, scale_decoder_outputs: false };
  expect(readT5Config(saved).tieWordEmbeddings).toBe(false);
});

test.each([
  [{ model_type: 'llama', architectures: ['LlamaForCausalLM'] }, /"llama", architecture LlamaForCausalLM/],
  [{ model_type: 'umt5' }, /"umt5"/],
  [{}, /names no model type/],
  [{ peft_type: 'LORA' }, /PEFT adapter/],
  [{ ...flan, feed_forward_proj: 'gated-silu' }, /"gated-silu"/],
  [{ ...flan, dense_act_fn: 'gelu' }, /dense_act_fn "gelu"/],
  [{ ...flan, d_model: 0 }, /"d_model" is 0/],
  [{ ...flan, num_heads: '12' }, /"num_heads" is "12"/],
  [[], /not a JSON object/],
])('%j is refused with what was found', (json, message) => {
  expect(() => readT5Config(json)).toThrow(message);
});
