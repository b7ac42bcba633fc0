/** How SQuAD compares answers: case, ASCII punctuation, English articles and spacing do not count. */
import { splitOnWhitespace } from './whitespace.ts';

const PUNCTUATION = /[!-/:-@[-`{-~]/g;
// Python's \b: letters and digits of every script.
const ARTICLES = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu;

/** The words of an answer that count. Reference: SQuAD `evaluate-v1.1.py`, `normalize_answer` (the same in v2.0). */
export function answerTokens(answer: string): string[] {
  return splitOnWhitespace(answer.toLowerCase().replaceAll(PUNCTUATION, '').replaceAll(ARTICLES, ' '));
}

/** The answer reduced to what counts. */
export function normalizeAnswer(answer: string): string {
  return answerTokens(answer).join(' ');
}
