/**
 * What transformers does to a row of scores before a token is chosen, in its order and in float32: repetition penalty,
 * no repeated n-grams, minimum length. All work in place on scores [V]; `history` is the row's tokens with the start token.
 */
import type { DecodingOptions } from './decodingOptions.ts';

export type ProcessorOptions = Pick<
  DecodingOptions,
  'repetitionPenalty' | 'noRepeatNgramSize' | 'minNewTokens' | 'minLength'
>;

/** Whether the options change no scores at all. */
export function processesNothing(options: ProcessorOptions): boolean {
  const { repetitionPenalty, noRepeatNgramSize } = options;
  return repetitionPenalty === 1 && noRepeatNgramSize === 0 && shortestHistory(options) === 0;
}

/** All of them, as `_get_logits_processor` lists them. */
export function processScores(
  scores: Float32Array,
  history: readonly number[],
  options: ProcessorOptions,
  endIds: readonly number[],
): void {
  penaliseRepetition(scores, history, options.repetitionPenalty);
  banRepeatedNgrams(scores, history, options.noRepeatNgramSize);
  if (history.length < shortestHistory(options)) banTokens(scores, endIds);
}

/** Tokens there must be, the start token included, before </s> may follow; `minNewTokens` goes before `minLength`. */
export function shortestHistory({ minNewTokens, minLength }: ProcessorOptions): number {
  return minNewTokens > 0 ? minNewTokens + 1 : minLength;
}

/** `RepetitionPenaltyLogitsProcessor`: score / penalty, or score · penalty where negative, once per token that occurred. */
export function penaliseRepetition(scores: Float32Array, history: readonly number[], penalty: number): void {
  if (penalty === 1) return;
  const factor = Math.fround(penalty);
  for (const id of new Set(history)) {
    const score = scores[id]!;
    scores[id] = score < 0 ? score * factor : score / factor;
  }
}

/** `NoRepeatNGramLogitsProcessor`: -∞ for every token that would complete an n-gram a second time. */
export function banRepeatedNgrams(scores: Float32Array, history: readonly number[], size: number): void {
  if (size === 0) return;
  const prefixStart = history.length - size + 1;
  for (let start = 0; start < prefixStart; start++) {
    let same = 0;
    while (same < size - 1 && history[start + same] === history[prefixStart + same]) same++;
    if (same === size - 1) scores[history[start + same]!] = -Infinity;
  }
}

/** `MinLengthLogitsProcessor`'s -∞ for the tokens that end an answer. */
export function banTokens(scores: Float32Array, ids: readonly number[]): void {
  for (const id of ids) scores[id] = -Infinity;
}
