import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ProblemError, type Problem } from '../lib/problem.ts';
import { readTokenizerJson } from './readTokenizerJson.ts';

const text = readFileSync(new URL('../test/golden/tokenizer/small-tokenizer.json', import.meta.url), 'utf8');

function problemOf(content: string): Problem {
  try {
    readTokenizerJson(content, 'my-tokenizer.json');
  } catch (error) {
    if (error instanceof ProblemError) return error.problem;
    throw error;
  }
  throw new Error('nothing was wrong');
}

/** The small tokenizer with parts of it exchanged. */
const changed = (change: Record<string, unknown>): string =>
  JSON.stringify({ ...(JSON.parse(text) as Record<string, unknown>), ...change });
const model = (change: Record<string, unknown>): string =>
  changed({ model: { ...(JSON.parse(text) as { model: object }).model, ...change } });

test.each([
  ['an HTML page', '<!doctype html><html></html>', 'tokenizer-not-json', 'not JSON'],
  ['a file that breaks off', text.slice(0, 1000), 'tokenizer-not-json', 'not JSON'],
  ['another JSON file', '{"d_model": 512}', 'tokenizer-no-model', 'no "model"'],
  ['a list', '[1]', 'tokenizer-no-model', 'no "model"'],
  ['a BPE model', model({ type: 'BPE' }), 'tokenizer-model-unsupported', '"BPE"'],
  ['no vocabulary', model({ vocab: [] }), 'tokenizer-vocabulary-broken', '"vocab"'],
  ['a broken entry', model({ vocab: [['<unk>', 0], ['a']] }), 'tokenizer-vocabulary-broken', 'Entry 1'],
  ['no unknown token', model({ unk_id: null }), 'tokenizer-vocabulary-broken', '"unk_id" is none'],
  ['an unk_id too large', model({ unk_id: 9999 }), 'tokenizer-vocabulary-broken', '9999'],
  [
    'no </s>',
    model({ vocab: [['<unk>', 0]], unk_id: 0 }).replaceAll('</s>', '<eos>'),
    'tokenizer-token-missing',
    '</s>',
  ],
  [
    'a Bert normaliser',
    changed({ normalizer: { type: 'BertNormalizer' } }),
    'tokenizer-normalizer-unsupported',
    '"BertNormalizer"',
  ],
  [
    'a regular expression',
    changed({ normalizer: { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' } }),
    'tokenizer-normalizer-unsupported',
    '\\s+',
  ],
  [
    'a broken charsmap',
    changed({ normalizer: { type: 'Precompiled', precompiled_charsmap: 'AAAA' } }),
    'tokenizer-normalizer-broken',
    'precompiled_charsmap',
  ],
  [
    'a charsmap that is not base64',
    changed({ normalizer: { type: 'Precompiled', precompiled_charsmap: '%' } }),
    'tokenizer-normalizer-broken',
    'precompiled_charsmap',
  ],
  [
    'byte-level words',
    changed({ pre_tokenizer: { type: 'ByteLevel' } }),
    'tokenizer-pre-tokenizer-unsupported',
    'ByteLevel',
  ],
  ['no pre-tokenizer', changed({ pre_tokenizer: null }), 'tokenizer-pre-tokenizer-unsupported', 'none'],
  [
    'a Bert template',
    changed({ post_processor: { type: 'BertProcessing' } }),
    'tokenizer-post-processor-unsupported',
    '"BertProcessing"',
  ],
  [
    'a WordPiece decoder',
    changed({ decoder: { type: 'WordPiece' } }),
    'tokenizer-decoder-unsupported',
    '"WordPiece"',
  ],
])('%s is refused by name', (_, content, code, words) => {
  const problem = problemOf(content);
  expect(problem).toMatchObject({ code, file: 'my-tokenizer.json' });
  expect(problem.message).toContain(words);
  expect(problem.message + problem.fix).not.toMatch(/please|oops|undefined/i);
});

test('a file without template adds nothing, one with a start token puts it first', () => {
  const plain = readTokenizerJson(changed({ post_processor: null }));
  const base = readTokenizerJson(text);
  expect([...plain.encode('the boat'), base.eosId]).toEqual([...base.encode('the boat')]);
  const special = (id: string): object => ({ SpecialToken: { id, type_id: 0 } });
  const template = {
    type: 'TemplateProcessing',
    single: [special('<pad>'), { Sequence: { id: 'A', type_id: 0 } }, special('</s>')],
    special_tokens: { '<pad>': { id: '<pad>', ids: [0] }, '</s>': { id: '</s>', ids: [1] } },
  };
  const both = readTokenizerJson(changed({ post_processor: template }));
  expect([...both.encode('the boat')]).toEqual([0, ...base.encode('the boat')]);
});

test('truncation and padding of the file are left aside', () => {
  const cutting = readTokenizerJson(
    changed({ truncation: { max_length: 3, strategy: 'LongestFirst', stride: 0, direction: 'Right' } }),
  );
  expect(cutting.encode('the boat and the harbour and the keeper').length).toBeGreaterThan(3);
});
