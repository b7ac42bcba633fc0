/** The text metrics of Compare against rouge_score, sacrebleu and SQuAD's script. */
import { corpusBleu, sentenceBleu, type TextPair } from '../../src/eval/bleu.ts';
import { corpusChrF, sentenceChrF } from '../../src/eval/chrF.ts';
import { exactMatch } from '../../src/eval/exactMatch.ts';
import { rouge } from '../../src/eval/rouge.ts';
import { tokenF1 } from '../../src/eval/tokenF1.ts';
import { compareNumbers, worstOf } from '../lib/compare.ts';
import type { Line, ParityCase } from '../lib/parityCase.ts';

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

interface Scores {
  pairs: ScoredPair[];
  corpus: { bleu: number; chrF: number; chrFPlusPlus: number };
}

const TOLERANCE = 1e-9;

const metrics: ParityCase = {
  usesDevice: false,
  async *run(folder) {
    const { pairs, corpus } = await folder.json<Scores>('scores.json');
    yield* ['ROUGE-1', 'ROUGE-2', 'ROUGE-L', 'ROUGE-Lsum'].flatMap((name, i) =>
      [false, true].map((usesStemmer) =>
        overAll(
          usesStemmer ? `${name} with stems` : name,
          pairs,
          ({ reference, output }) => Object.values(rouge(reference, output, { usesStemmer }))[i] as number,
          (pair) => pair[usesStemmer ? 'rougeStemmed' : 'rouge'][i]!,
        ),
      ),
    );
    yield overAll(
      'sentence BLEU',
      pairs,
      ({ reference, output }) => sentenceBleu(reference, output),
      ({ bleu }) => bleu,
    );
    yield overAll(
      'sentence BLEU, fixed order',
      pairs,
      ({ reference, output }) => sentenceBleu(reference, output, { usesEffectiveOrder: false }),
      ({ bleuFixedOrder }) => bleuFixedOrder,
    );
    yield overAll(
      'sentence chrF',
      pairs,
      ({ reference, output }) => sentenceChrF(reference, output),
      ({ chrF }) => chrF,
    );
    yield overAll(
      'sentence chrF++',
      pairs,
      ({ reference, output }) => sentenceChrF(reference, output, { wordOrder: 2 }),
      ({ chrFPlusPlus }) => chrFPlusPlus,
    );
    yield compareNumbers('corpus BLEU', corpusBleu(pairs), corpus.bleu, TOLERANCE);
    yield compareNumbers('corpus chrF', corpusChrF(pairs), corpus.chrF, TOLERANCE);
    yield compareNumbers(
      'corpus chrF++',
      corpusChrF(pairs, { wordOrder: 2 }),
      corpus.chrFPlusPlus,
      TOLERANCE,
    );
    yield overAll(
      'SQuAD exact match',
      pairs,
      ({ reference, output }) => Number(exactMatch(reference, output)),
      (pair) => pair.exactMatch,
    );
    yield overAll(
      'SQuAD 1.1 F1',
      pairs,
      ({ reference, output }) => tokenF1(reference, output, 'v1.1'),
      ({ f1 }) => f1,
    );
    yield overAll(
      'SQuAD 2.0 F1',
      pairs,
      ({ reference, output }) => tokenF1(reference, output, 'v2.0'),
      ({ f1Version2 }) => f1Version2,
    );
  },
};

export default metrics;

/** One metric over all pairs; the pair that is furthest off is shown. */
function overAll(
  name: string,
  pairs: readonly ScoredPair[],
  ours: (pair: ScoredPair) => number,
  theirs: (pair: ScoredPair) => number,
): Line {
  const lines = pairs.map((pair, i) => compareNumbers(`pair ${i}`, ours(pair), theirs(pair), TOLERANCE));
  return worstOf(name, lines);
}
