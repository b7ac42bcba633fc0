/** Every text metric against the package or script that defines it, on pairs that are odd in many ways. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { bleuTokens, corpusBleu, sentenceBleu, type TextPair } from './bleu.ts';
import { corpusChrF, sentenceChrF } from './chrF.ts';
import { exactMatch } from './exactMatch.ts';
import { rouge } from './rouge.ts';
import { tokenF1 } from './tokenF1.ts';

interface ScoredPair extends TextPair {
  rouge: number[];
  rougeStemmed: number[];
  bleu: number;
  bleuFixedOrder: number;
  chrF: number;
  chrFPlusPlus: number;
  exactMatch: number;
  f1: number;
  f1Version2: number;
}

// Golden numbers from rouge_score, sacrebleu and SQuAD's script, made by parity/python/make_golden.py.
const { pairs, corpus } = JSON.parse(
  readFileSync(new URL('../test/golden/metrics/pairs.json', import.meta.url), 'utf8'),
) as { pairs: ScoredPair[]; corpus: { bleu: number; chrF: number; chrFPlusPlus: number } };

const close = { atol: 1e-9, rtol: 0 };

test('all metrics of 250 pairs are those of the reference packages', () => {
  expect(pairs.length).toBe(250);
  const off = pairs.flatMap((pair) => {
    const { reference, output } = pair;
    const rougeScores = (usesStemmer: boolean) => {
      const { rouge1, rouge2, rougeL, rougeLsum } = rouge(reference, output, { usesStemmer });
      return [rouge1, rouge2, rougeL, rougeLsum];
    };
    const ours = [
      ...rougeScores(false),
      ...rougeScores(true),
      sentenceBleu(reference, output),
      sentenceBleu(reference, output, { usesEffectiveOrder: false }),
      sentenceChrF(reference, output),
      sentenceChrF(reference, output, { wordOrder: 2 }),
      Number(exactMatch(reference, output)),
      tokenF1(reference, output, 'v1.1'),
      tokenF1(reference, output),
    ];
    const theirs = [
      ...pair.rouge,
      ...pair.rougeStemmed,
      pair.bleu,
      pair.bleuFixedOrder,
      pair.chrF,
      pair.chrFPlusPlus,
      pair.exactMatch,
      pair.f1,
      pair.f1Version2,
    ];
    const isClose = ours.every((score, i) => Math.abs(score - theirs[i]!) <= close.atol);
    return isClose ? [] : [{ reference, output, ours, theirs }];
  });
  expect(off).toEqual([]);
});

test('the corpus scores are those of sacrebleu', () => {
  const ours = [corpusBleu(pairs), corpusChrF(pairs), corpusChrF(pairs, { wordOrder: 2 })];
  expect(ours).toBeAllClose([corpus.bleu, corpus.chrF, corpus.chrFPlusPlus], close);
});

test('no pairs and empty texts score 0, equal ones 100', () => {
  expect([corpusBleu([]), corpusChrF([]), sentenceBleu('', ''), sentenceChrF('', '')]).toEqual([0, 0, 0, 0]);
  const same = [{ reference: 'One two three four.', output: 'One two three four.' }];
  expect([corpusBleu(same), corpusChrF(same)]).toBeAllClose([100, 100], close);
});

test('13a cuts punctuation off words but leaves numbers whole', () => {
  expect(bleuTokens('Pay $1,000.50 (now), 5-6 x-y.')).toEqual([
    'Pay',
    '$',
    '1,000.50',
    '(',
    'now',
    ')',
    ',',
    '5',
    '-',
    '6',
    'x-y',
    '.',
  ]);
});
