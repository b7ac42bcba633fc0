/**
 * ROUGE F-measures exactly as Google's `rouge_score` computes them.
 * Reference: Lin (2004), ROUGE: a package for automatic evaluation of summaries; rouge_score 0.1.2 `rouge_scorer.py`.
 */
import { countNgrams, countShared } from './ngramCounts.ts';
import { porterStem } from './porterStemmer.ts';

/** F-measures between 0 and 1. */
export interface RougeScores {
  /** Single words. */
  rouge1: number;
  /** Pairs of neighbouring words. */
  rouge2: number;
  /** Longest common subsequence of the whole texts. */
  rougeL: number;
  /** Union of longest common subsequences, line by line. */
  rougeLsum: number;
}

export interface RougeOptions {
  /** Whether words of more than three letters are compared by their Porter stem. */
  usesStemmer: boolean;
}

/** Scores an output against a reference. Only letters a–z and digits count; other scripts score 0. */
export function rouge(reference: string, output: string, options: RougeOptions): RougeScores {
  const referenceTokens = rougeTokens(reference, options);
  const outputTokens = rougeTokens(output, options);
  return {
    rouge1: ngramF(referenceTokens, outputTokens, 1),
    rouge2: ngramF(referenceTokens, outputTokens, 2),
    rougeL: subsequenceF(referenceTokens, outputTokens),
    rougeLsum: lineSubsequenceF(lineTokens(reference, options), lineTokens(output, options)),
  };
}

/** ROUGE-L alone, as shown per row. */
export function rougeL(reference: string, output: string, options: RougeOptions): number {
  return subsequenceF(rougeTokens(reference, options), rougeTokens(output, options));
}

/** Lower-case runs of a–z and 0–9, stemmed when asked. */
export function rougeTokens(text: string, { usesStemmer }: RougeOptions): string[] {
  const words = text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return usesStemmer ? words.map((word) => (word.length > 3 ? porterStem(word) : word)) : words;
}

function lineTokens(text: string, options: RougeOptions): string[][] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => rougeTokens(line, options));
}

function fMeasure(hits: number, referenceCount: number, outputCount: number): number {
  const precision = hits / Math.max(outputCount, 1);
  const recall = hits / Math.max(referenceCount, 1);
  return precision + recall > 0 ? (2 * precision * recall) / (precision + recall) : 0;
}

function ngramF(reference: readonly string[], output: readonly string[], n: number): number {
  const hits = countShared(countNgrams(reference, n, ' '), countNgrams(output, n, ' '));
  return fMeasure(hits, Math.max(0, reference.length - n + 1), Math.max(0, output.length - n + 1));
}

function subsequenceF(reference: readonly string[], output: readonly string[]): number {
  if (reference.length === 0 || output.length === 0) return 0;
  const length = subsequenceTable(reference, output).at(-1)!;
  return fMeasure(length, reference.length, output.length);
}

/** Lengths of longest common subsequences of all prefixes, [reference + 1, output + 1] row-major. */
function subsequenceTable(reference: readonly string[], output: readonly string[]): Uint32Array {
  const columns = output.length + 1;
  const table = new Uint32Array((reference.length + 1) * columns);
  for (let i = 1; i <= reference.length; i++) {
    for (let j = 1; j <= output.length; j++) {
      const at = i * columns + j;
      table[at] =
        reference[i - 1] === output[j - 1]
          ? table[at - columns - 1]! + 1
          : Math.max(table[at - columns]!, table[at - 1]!);
    }
  }
  return table;
}

/** Indices into `reference` of one longest common subsequence; ties as the reference implementation walks back. */
function subsequenceIndices(reference: readonly string[], output: readonly string[]): number[] {
  const table = subsequenceTable(reference, output);
  const columns = output.length + 1;
  const indices: number[] = [];
  let i = reference.length;
  let j = output.length;
  while (i > 0 && j > 0) {
    if (reference[i - 1] === output[j - 1]) {
      indices.push(i - 1);
      i--;
      j--;
    } else if (table[i * columns + j - 1]! > table[(i - 1) * columns + j]!) {
      j--;
    } else {
      i--;
    }
  }
  return indices;
}

/** A word counts at most as often as both texts have it, as ROUGE 1.5.5 does and the paper does not. */
function lineSubsequenceF(
  referenceLines: readonly (readonly string[])[],
  outputLines: readonly (readonly string[])[],
): number {
  const left = [countNgrams(referenceLines.flat(), 1, ''), countNgrams(outputLines.flat(), 1, '')];
  let hits = 0;
  for (const line of referenceLines) {
    const union = new Set(outputLines.flatMap((output) => subsequenceIndices(line, output)));
    for (const index of union) {
      const word = line[index]!;
      if (left.some((counts) => (counts.get(word) ?? 0) === 0)) continue;
      hits++;
      for (const counts of left) counts.set(word, counts.get(word)! - 1);
    }
  }
  return fMeasure(hits, referenceLines.flat().length, outputLines.flat().length);
}
