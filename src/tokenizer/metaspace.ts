/**
 * Cuts normalised text into words the way T5 files say: at white space (`WhitespaceSplit`), then with `Metaspace`,
 * which writes spaces as `▁`, puts one in front, and starts a new word at each.
 * Reference: huggingface/tokenizers `pre_tokenizers/metaspace.rs`.
 */
import { skipWhitespace, isWhitespace } from './whitespace.ts';

export interface WordRules {
  /** Whether words are first cut at white space, which then vanishes. */
  splitsAtWhitespace: boolean;
  metaspace: Metaspace;
}

export interface Metaspace {
  /** The character that stands for a space; one UTF-16 code unit. */
  replacement: string;
  /** Where a replacement is put in front of the text: before every cut text, only at the start of the input, or not. */
  prepend: 'always' | 'first' | 'never';
  /** Whether each replacement character starts a new word. */
  splits: boolean;
}

/** A word is text[from..to), with the replacement character in front when `isPrepended`. */
export type WordVisitor = (from: number, to: number, isPrepended: boolean) => void;

/** Visits the words of text[from..to). `isInputStart` tells whether `from` is where the whole input starts. */
export function forEachWord(
  text: string,
  from: number,
  to: number,
  isInputStart: boolean,
  rules: WordRules,
  visit: WordVisitor,
): void {
  if (!rules.splitsAtWhitespace) {
    if (from < to) splitAtMetaspace(text, from, to, isInputStart, rules.metaspace, visit);
    return;
  }
  let start = skipWhitespace(text, from, to);
  while (start < to) {
    let end = start + 1;
    while (end < to && !isWhitespace(text.charCodeAt(end))) end++;
    splitAtMetaspace(text, start, end, isInputStart && start === from, rules.metaspace, visit);
    start = skipWhitespace(text, end, to);
  }
}

function splitAtMetaspace(
  text: string,
  from: number,
  to: number,
  isInputStart: boolean,
  metaspace: Metaspace,
  visit: WordVisitor,
): void {
  const replacement = metaspace.replacement.charCodeAt(0);
  const isSpace = (index: number): boolean => {
    const unit = text.charCodeAt(index);
    return unit === 0x20 || unit === replacement;
  };
  const wanted = metaspace.prepend === 'always' || (metaspace.prepend === 'first' && isInputStart);
  let isPrepended = wanted && !isSpace(from);
  let start = from;
  for (let i = from + 1; metaspace.splits && i < to; i++) {
    if (!isSpace(i)) continue;
    visit(start, i, isPrepended);
    isPrepended = false;
    start = i;
  }
  visit(start, to, isPrepended);
}
