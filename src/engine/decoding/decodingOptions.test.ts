import { expect, test } from 'vitest';
import { DECODING_DEFAULTS, decodingOptions } from './decodingOptions.ts';

test('what is not given is what transformers takes', () => {
  expect(decodingOptions({ numBeams: 4 })).toEqual({ ...DECODING_DEFAULTS, numBeams: 4 });
});

test.each([
  [{ temperature: 0 }, 'temperature is 0. Use a number above 0.'],
  [{ repetitionPenalty: -1 }, 'repetitionPenalty is -1. Use a number above 0.'],
  [{ topP: 1.2 }, 'topP is 1.2. Use a number from 0 to 1.'],
  [{ numBeams: 2.5 }, 'numBeams is 2.5. Use a whole number from 1.'],
  [{ noRepeatNgramSize: -1 }, 'noRepeatNgramSize is -1. Use a whole number from 0.'],
  [{ lengthPenalty: NaN }, 'lengthPenalty is NaN. Use a number.'],
])('%j is turned away', (given, said) => {
  expect(() => decodingOptions(given)).toThrow(said);
});
