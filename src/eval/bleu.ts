/**
 * BLEU exactly as sacreBLEU computes it by default: mteval-13a tokens, case kept, n-grams up to 4, exponential smoothing.
 * Reference: Papineni et al. (2002); sacrebleu 2.6.0 `metrics/bleu.py`, `tokenizers/tokenizer_13a.py`.
 */
import { countNgrams, countShared } from './ngramCounts.ts';
import { splitOnWhitespace, trimWhitespaceEnd } from './whitespace.ts';

const MAX_ORDER = 4;
/** What stands for the logarithm of 0. */
const LOG_OF_ZERO = -9_999_999_999;

/** An output and the reference it is held against. */
export interface TextPair {
  readonly reference: string;
  readonly output: string;
}

/** What is added up over a corpus: lengths in tokens, and n-grams of orders 1 to 4. */
interface BleuCounts {
  outputLength: number;
  referenceLength: number;
  /** n-grams that both texts have. */
  readonly shared: number[];
  /** n-grams of the output. */
  readonly total: number[];
}

/** BLEU of a whole corpus, 0 to 100; 0 when there are no pairs. The score to publish. */
export function corpusBleu(pairs: Iterable<TextPair>): number {
  const sum: BleuCounts = { outputLength: 0, referenceLength: 0, shared: [0, 0, 0, 0], total: [0, 0, 0, 0] };
  for (const { reference, output } of pairs) {
    const counts = bleuCounts(reference, output);
    sum.outputLength += counts.outputLength;
    sum.referenceLength += counts.referenceLength;
    for (let n = 0; n < MAX_ORDER; n++) {
      sum.shared[n]! += counts.shared[n]!;
      sum.total[n]! += counts.total[n]!;
    }
  }
  return bleuOf(sum, false);
}

/**
 * BLEU of one output, 0 to 100. With the effective order, as `sacrebleu.sentence_bleu` has it, outputs of less than four
 * tokens are scored by the n-grams they have; without it they score 0.
 */
export function sentenceBleu(
  reference: string,
  output: string,
  { usesEffectiveOrder = true }: { usesEffectiveOrder?: boolean } = {},
): number {
  return bleuOf(bleuCounts(reference, output), usesEffectiveOrder);
}

/** Tokens as mteval-v13a cuts them: ASCII punctuation apart, but for periods, commas and dashes around digits. */
export function bleuTokens(text: string): string[] {
  let line = trimWhitespaceEnd(text).replaceAll('<skipped>', '').replaceAll('-\n', '').replaceAll('\n', ' ');
  // One after the other, so that &amp;lt; ends as <.
  line = line
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>');
  const spaced = ` ${line} `
    .replaceAll(/([{-~[-` -&(-+:-@/])/gu, ' $1 ')
    .replaceAll(/([^0-9])([.,])/gu, '$1 $2 ')
    .replaceAll(/([.,])([^0-9])/gu, ' $1 $2')
    .replaceAll(/([0-9])(-)/gu, '$1 $2 ');
  return splitOnWhitespace(spaced);
}

function bleuCounts(reference: string, output: string): BleuCounts {
  const wanted = bleuTokens(reference);
  const found = bleuTokens(output);
  const orders = Array.from({ length: MAX_ORDER }, (_, i) => i + 1);
  return {
    outputLength: found.length,
    referenceLength: wanted.length,
    shared: orders.map((n) => countShared(countNgrams(found, n, ' '), countNgrams(wanted, n, ' '))),
    total: orders.map((n) => Math.max(0, found.length - n + 1)),
  };
}

function bleuOf(
  { outputLength, referenceLength, shared, total }: BleuCounts,
  usesEffectiveOrder: boolean,
): number {
  if (shared.every((count) => count === 0)) return 0;
  const brevityPenalty = outputLength < referenceLength ? Math.exp(1 - referenceLength / outputLength) : 1;
  const precisions = Array.from<number>({ length: MAX_ORDER }).fill(0); // in percent
  let order = MAX_ORDER;
  let smoothing = 1;
  for (let n = 0; n < MAX_ORDER && total[n]! > 0; n++) {
    if (usesEffectiveOrder) order = n + 1;
    // Orders without a match count half, a quarter, an eighth of one match.
    if (shared[n] === 0) precisions[n] = 100 / ((smoothing *= 2) * total[n]!);
    else precisions[n] = (100 * shared[n]!) / total[n]!;
  }
  const logSum = precisions
    .slice(0, order)
    .reduce((sum, precision) => sum + (precision === 0 ? LOG_OF_ZERO : Math.log(precision)), 0);
  return brevityPenalty * Math.exp(logSum / order);
}
