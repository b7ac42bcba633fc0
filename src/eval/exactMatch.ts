/** Exact match after SQuAD normalisation. */
import { normalizeAnswer } from './answerNormalization.ts';

/** Whether two answers are the same but for case, punctuation, articles and spacing. */
export function exactMatch(reference: string, output: string): boolean {
  return normalizeAnswer(reference) === normalizeAnswer(output);
}
