import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { porterStem } from './porterStemmer.ts';
import { rouge, rougeL, type RougeOptions } from './rouge.ts';
import { processorMs } from '../test/processorMs.ts';

// Golden numbers from rouge_score and NLTK, made by src/test/golden/metrics/make_golden.py.
const golden = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../test/golden/metrics/${name}`, import.meta.url), 'utf8'));

test('all four F-measures are those of rouge_score, with and without stemming', () => {
  const { pairs } = golden('rouge.json') as {
    pairs: { reference: string; prediction: string; plain: number[]; stemmed: number[] }[];
  };
  expect(pairs.length).toBe(300);
  const scores = (reference: string, output: string, options: RougeOptions): number[] => {
    const { rouge1, rouge2, rougeL: long, rougeLsum } = rouge(reference, output, options);
    expect(rougeL(reference, output, options)).toBe(long);
    return [rouge1, rouge2, long, rougeLsum];
  };
  for (const { reference, prediction, plain, stemmed } of pairs) {
    const tolerance = { atol: 1e-12, rtol: 0 };
    expect(scores(reference, prediction, { usesStemmer: false })).toBeAllClose(plain, tolerance);
    expect(scores(reference, prediction, { usesStemmer: true })).toBeAllClose(stemmed, tolerance);
  }
});

test("stems are those of NLTK's Porter stemmer", () => {
  const { words, stems } = golden('stems.json') as { words: string; stems: string };
  const expected = stems.split(' ');
  const list = words.split(' ');
  expect(list.length).toBeGreaterThan(8000);
  expect(list.map(porterStem)).toEqual(expected);
});

test('a thousand words against a thousand words take less than three seconds', async () => {
  const text = Array.from({ length: 1000 }, (_, i) => `word${(i * 7919) % 313}`).join(' ');
  const reversed = text.split(' ').reverse().join(' ');
  const work = () => expect(rouge(text, reversed, { usesStemmer: true }).rouge1).toBe(1);
  expect(await processorMs(work)).toBeLessThan(3000);
});
