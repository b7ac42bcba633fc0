/** How SQuAD compares answers: case, ASCII punctuation, English articles and spacing do not count. */

const PUNCTUATION = /[!-/:-@[-`{-~]/g;
// Python's \b and split(): letters and digits of every script, and white space without U+FEFF.
const ARTICLES = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu;
const WHITESPACE =
  // oxlint-disable-next-line no-control-regex -- U+001C to U+001F are white space to the reference
  /[\t-\r\u001c- \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/;

/** The words of an answer that count. Reference: SQuAD `evaluate-v2.0.py`, `normalize_answer`. */
export function answerTokens(answer: string): string[] {
  return answer
    .toLowerCase()
    .replaceAll(PUNCTUATION, '')
    .replaceAll(ARTICLES, ' ')
    .split(WHITESPACE)
    .filter((token) => token !== '');
}

/** The answer reduced to what counts. */
export function normalizeAnswer(answer: string): string {
  return answerTokens(answer).join(' ');
}
