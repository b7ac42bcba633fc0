import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readGenerationConfig } from './generationConfig.ts';

test('options under our names, and the tokens that end an answer', () => {
  const text = JSON.stringify({
    decoder_start_token_id: 0,
    eos_token_id: [1, 32],
    num_beams: 4,
    early_stopping: 'never',
    length_penalty: 2,
    max_length: 200,
    min_length: 30,
    no_repeat_ngram_size: 3,
    do_sample: true,
    top_k: null,
    transformers_version: '5.23.0',
  });
  expect(readGenerationConfig(text)).toEqual({
    options: {
      maxNewTokens: 199,
      minLength: 30,
      numBeams: 4,
      earlyStopping: 'never',
      lengthPenalty: 2,
      noRepeatNgramSize: 3,
      doSample: true,
    },
    endIds: [1, 32],
    ignored: [],
  });
});

test('max_new_tokens goes before max_length', () => {
  const { options } = readGenerationConfig('{"max_length": 20, "max_new_tokens": 7}');
  expect(options).toEqual({ maxNewTokens: 7 });
});

test('what is not followed is named, unless it is switched off', () => {
  const text =
    '{"top_p": 1.5, "num_beams": "4", "typical_p": 0.2, "num_beam_groups": 1, "bad_words_ids": [[3]]}';
  expect(readGenerationConfig(text)).toEqual({
    options: {},
    ignored: ['num_beams', 'top_p', 'bad_words_ids', 'typical_p'],
  });
});

test.each(['', '[]', '7', 'null', '{'])('the text %j sets nothing', (text) => {
  expect(readGenerationConfig(text)).toEqual({ options: {}, ignored: [] });
});

test('the starter names its </s> and leaves the rest to us', () => {
  const text = readFileSync('public/models/starter/generation_config.json', 'utf8');
  expect(readGenerationConfig(text)).toEqual({ options: {}, endIds: [1], ignored: [] });
});
