/** Overlap of words after SQuAD normalisation, in any order. */
import { answerTokens } from './answerNormalization.ts';

/** The two official scripts differ in one case: what two answers score that both normalise to nothing. */
export type SquadRules = 'v1.1' | 'v2.0';

/**
 * F1 between 0 and 1. Two empty answers agree under v2.0 (1), which has questions without an answer, and share no word
 * under v1.1 (0). Reference: SQuAD `evaluate-v1.1.py` `f1_score`, `evaluate-v2.0.py` `compute_f1`.
 */
export function tokenF1(reference: string, output: string, rules: SquadRules = 'v2.0'): number {
  const referenceTokens = answerTokens(reference);
  const outputTokens = answerTokens(output);
  if (referenceTokens.length === 0 && outputTokens.length === 0) return rules === 'v2.0' ? 1 : 0;
  const left = new Map<string, number>();
  for (const token of referenceTokens) left.set(token, (left.get(token) ?? 0) + 1);
  let same = 0;
  for (const token of outputTokens) {
    const count = left.get(token) ?? 0;
    if (count === 0) continue;
    left.set(token, count - 1);
    same++;
  }
  if (same === 0) return 0;
  const precision = same / outputTokens.length;
  const recall = same / referenceTokens.length;
  return (2 * precision * recall) / (precision + recall);
}
