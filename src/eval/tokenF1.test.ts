import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { normalizeAnswer } from './answerNormalization.ts';
import { exactMatch } from './exactMatch.ts';
import { tokenF1 } from './tokenF1.ts';

test('normalised answers, exact match and F1 are those of the official SQuAD evaluation', () => {
  const file = new URL('../test/golden/metrics/squad.json', import.meta.url);
  const { answers } = JSON.parse(readFileSync(file, 'utf8')) as {
    answers: { reference: string; prediction: string; normalized: string; exact: number; f1: number }[];
  };
  expect(answers.length).toBe(84);
  for (const { reference, prediction, normalized, exact, f1 } of answers) {
    expect({
      reference,
      prediction,
      normalized: normalizeAnswer(prediction),
      exact: Number(exactMatch(reference, prediction)),
    }).toEqual({ reference, prediction, normalized, exact });
    expect([tokenF1(reference, prediction)]).toBeAllClose([f1], { atol: 1e-12, rtol: 0 });
  }
});
