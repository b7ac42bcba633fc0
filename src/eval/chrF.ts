/**
 * chrF exactly as sacreBLEU computes it by default: character n-grams up to 6 without white space, recall counted twice
 * (β 2). With word order 2 it is chrF++.
 * Reference: Popović (2015), chrF; Popović (2017), chrF++; sacrebleu 2.6.0 `metrics/chrf.py`.
 */
import type { TextPair } from './bleu.ts';
import { countNgrams, countShared } from './ngramCounts.ts';
import { splitOnWhitespace } from './whitespace.ts';

const CHARACTER_ORDER = 6;
const BETA_SQUARED = 4;
const PUNCTUATION = /[!-/:-@[-`{-~]/;

export interface ChrFOptions {
  /** Longest n-gram of words that counts too: 0 is chrF, 2 is chrF++. Default 0. */
  wordOrder?: number;
}

/** n-grams of one order: how many the output has, the reference has, and both have. */
interface OrderCounts {
  output: number;
  reference: number;
  shared: number;
}

/** chrF of a whole corpus, 0 to 100; 0 when there are no pairs. */
export function corpusChrF(pairs: Iterable<TextPair>, { wordOrder = 0 }: ChrFOptions = {}): number {
  const sums = Array.from({ length: CHARACTER_ORDER + wordOrder }, () => ({
    output: 0,
    reference: 0,
    shared: 0,
  }));
  for (const { reference, output } of pairs) {
    for (const [i, counts] of chrFCounts(reference, output, wordOrder).entries()) {
      sums[i]!.output += counts.output;
      sums[i]!.reference += counts.reference;
      sums[i]!.shared += counts.shared;
    }
  }
  return chrFOf(sums);
}

/** chrF of one output, 0 to 100. */
export function sentenceChrF(reference: string, output: string, { wordOrder = 0 }: ChrFOptions = {}): number {
  return chrFOf(chrFCounts(reference, output, wordOrder));
}

function chrFCounts(reference: string, output: string, wordOrder: number): OrderCounts[] {
  const counts: OrderCounts[] = [];
  const compare = (wanted: readonly string[], found: readonly string[], n: number, glue: string): void => {
    const referenceCount = Math.max(0, wanted.length - n + 1);
    counts.push({
      output: referenceCount === 0 ? 0 : Math.max(0, found.length - n + 1),
      reference: referenceCount,
      shared: countShared(countNgrams(found, n, glue), countNgrams(wanted, n, glue)),
    });
  };
  const characters = [reference, output].map((text) => Array.from(splitOnWhitespace(text).join('')));
  for (let n = 1; n <= CHARACTER_ORDER; n++) compare(characters[0]!, characters[1]!, n, '');
  const words = [reference, output].map(chrFWords);
  for (let n = 1; n <= wordOrder; n++) compare(words[0]!, words[1]!, n, ' ');
  return counts;
}

/** Words with one ASCII punctuation mark cut off: the last character if it is one, else the first. */
function chrFWords(text: string): string[] {
  return splitOnWhitespace(text).flatMap((word) => {
    const characters = Array.from(word);
    if (characters.length === 1) return [word];
    if (PUNCTUATION.test(characters.at(-1)!)) return [characters.slice(0, -1).join(''), characters.at(-1)!];
    return PUNCTUATION.test(characters[0]!) ? [characters[0]!, characters.slice(1).join('')] : [word];
  });
}

/** Fβ of precision and recall, each the mean over the orders of which both texts have n-grams. */
function chrFOf(counts: readonly OrderCounts[]): number {
  const present = counts.filter(({ output, reference }) => output > 0 && reference > 0);
  if (present.length === 0) return 0;
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const precision = mean(present.map(({ shared, output }) => shared / output));
  const recall = mean(present.map(({ shared, reference }) => shared / reference));
  if (precision + recall === 0) return 0;
  return (100 * (1 + BETA_SQUARED) * precision * recall) / (BETA_SQUARED * precision + recall);
}
