import { expect, test } from 'vitest';
import { decodingOfModel, followModel, PLAIN_DECODING } from './decoding.ts';

test('a model without defaults, or with sampling options that it does not use, decodes greedily', () => {
  expect(decodingOfModel(undefined)).toEqual(PLAIN_DECODING);
  expect(decodingOfModel({ options: { temperature: 0.7, topK: 50, topP: 0.9 }, ignored: [] })).toEqual(
    PLAIN_DECODING,
  );
});

test('a model that samples does so with its own numbers and the defaults of transformers', () => {
  expect(decodingOfModel({ options: { doSample: true, topP: 0.9 }, ignored: [] })).toEqual({
    ...PLAIN_DECODING,
    temperature: 1,
    topK: 50,
    topP: 0.9,
  });
});

test('the start token that a least length counts is taken off', () => {
  expect(decodingOfModel({ options: { minLength: 30, numBeams: 4 }, ignored: [] })).toEqual({
    ...PLAIN_DECODING,
    minNewTokens: 29,
    numBeams: 4,
  });
});

test('another model brings its own defaults, and what the person changed stays', () => {
  const before = decodingOfModel({ options: { numBeams: 4, maxNewTokens: 199 }, ignored: [] });
  const present = { ...before, numBeams: 2, seed: 7 };
  expect(followModel(present, before, PLAIN_DECODING)).toEqual({ ...PLAIN_DECODING, numBeams: 2, seed: 7 });
});
