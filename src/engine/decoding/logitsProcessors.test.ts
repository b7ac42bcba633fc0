/** Processed rows against transformers' logits processors. */
import { describe, expect, test } from 'vitest';
import {
  caseTitle,
  fromJson,
  fromPython,
  type GoldenProcessors,
} from '../../test/golden/generation/decodingCase.ts';
import { goldenJson } from '../../test/golden/goldenJson.ts';
import { decodingOptions } from './decodingOptions.ts';
import { processesNothing, processScores } from './logitsProcessors.ts';

const { rows, processed } = goldenJson('generation/processors.json') as GoldenProcessors;

describe('processScores = the processors of transformers', () => {
  const titled = processed.map((one) => ({
    ...one,
    title: `${caseTitle(one.options)} after ${one.history.join(' ')}`,
  }));
  test.each(titled)('$title', ({ history, options: given, scores: wanted }) => {
    const options = decodingOptions(fromPython(given));
    const scores = fromJson(rows['plain']!);
    processScores(scores, history, options, [1]);
    expect(Array.from(scores)).toEqual(Array.from(fromJson(wanted)));
    expect(processesNothing(options)).toBe(false);
  });
});

test('the defaults change nothing', () => {
  const options = decodingOptions({});
  const scores = fromJson(rows['plain']!);
  processScores(scores, [0, 5, 5, 5], options, [1]);
  expect(scores).toEqual(fromJson(rows['plain']!));
  expect(processesNothing(options)).toBe(true);
});

test('several tokens may end an answer', () => {
  const scores = new Float32Array(4);
  processScores(scores, [0], decodingOptions({ minNewTokens: 1 }), [1, 3]);
  expect(Array.from(scores)).toEqual([0, -Infinity, 0, -Infinity]);
});
