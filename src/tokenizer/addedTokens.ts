/**
 * Tokens that are cut out of the text before the model sees it: `</s>`, `<pad>`, `<extra_id_0>`.
 * Reference: huggingface/tokenizers `tokenizer/added_vocabulary.rs`, `find_matches`.
 */
import { skipWhitespace, trimWhitespaceEnd } from './whitespace.ts';

export interface AddedToken {
  id: number;
  content: string;
  /** Matches only where no word character touches it. */
  isSingleWord: boolean;
  /** Takes the white space before it along. */
  stripsLeft: boolean;
  stripsRight: boolean;
  /** Is looked for in the normalised text instead of the original. */
  isNormalized: boolean;
  /** Left out by `decode` when special tokens are skipped. */
  isSpecial: boolean;
}

/** A stretch of text: an added token, or (id -1) text for the model. */
export interface Stretch {
  id: number;
  from: number;
  to: number;
}

/** Cuts a text into stretches that cover it. */
export type SplitAtTokens = (text: string) => Stretch[];

const WORD = '[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]';
const STARTS_WITH_WORD = new RegExp(`^${WORD}`, 'u');
const ENDS_WITH_WORD = new RegExp(`${WORD}$`, 'u');

/** Makes the cutting function; `patterns` are the texts to look for, one per token. Leftmost match first, then longest. */
export function makeTokenSplitter(tokens: readonly AddedToken[], patterns: readonly string[]): SplitAtTokens {
  const byPattern = new Map(tokens.map((token, i) => [patterns[i]!, token]));
  byPattern.delete('');
  if (byPattern.size === 0) return (text) => (text === '' ? [] : [{ id: -1, from: 0, to: text.length }]);
  const alternatives = [...byPattern.keys()].sort((a, b) => b.length - a.length).map(escapeForRegExp);
  const anyToken = new RegExp(alternatives.join('|'), 'g');

  return (text) => {
    const stretches: Stretch[] = [];
    let done = 0;
    for (const match of text.matchAll(anyToken)) {
      const token = byPattern.get(match[0])!;
      let from = match.index;
      let to = from + match[0].length;
      if (token.isSingleWord && touchesWord(text, from, to)) continue;
      if (token.stripsLeft) from = trimWhitespaceEnd(text, done, from);
      if (token.stripsRight) to = skipWhitespace(text, to, text.length);
      if (done < from) stretches.push({ id: -1, from: done, to: from });
      stretches.push({ id: token.id, from, to });
      done = to;
    }
    if (done < text.length) stretches.push({ id: -1, from: done, to: text.length });
    return stretches;
  };
}

function touchesWord(text: string, from: number, to: number): boolean {
  // Two code units hold any one character.
  return (
    ENDS_WITH_WORD.test(text.slice(Math.max(0, from - 2), from)) ||
    STARTS_WITH_WORD.test(text.slice(to, to + 2))
  );
}

/** A regular expression that matches exactly the text. */
export function escapeForRegExp(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}
