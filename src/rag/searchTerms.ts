/** The terms that a text is found by: words and numbers, lower case, English endings removed. */
import { stemmer } from 'stemmer';

/** Numbers keep their inner points; scripts without spaces are cut into pairs of characters below. */
const TERM =
  /\p{Nd}+(?:[.,:]\p{Nd}+)*|[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}ー]+|(?:(?![\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}])[\p{L}\p{M}\p{N}])+/gu;
const WITHOUT_SPACES = /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}ー]/u;

/** Words that say nothing about what is looked for. */
const STOP_WORDS = new Set(
  `a about after all also am an and any are as at be been before being between but by can could did do does doing for
  from had has have having he her here hers him his how i if in into is it its just may me might more most must my no
  nor not of on or our out over own shall she should so some such than that the their them then there these they this
  those to too under up us use very was we were what when where which while who whom whose why will with would you your
  s t d ll m re ve`
    .split(/\s+/)
    .map(foldWord),
);

/** All terms of a text, in order, repeated ones too. */
export function searchTerms(text: string): string[] {
  const terms: string[] = [];
  for (const [match] of text.normalize('NFKC').toLowerCase().matchAll(TERM)) {
    if (WITHOUT_SPACES.test(match)) terms.push(...pairs(match));
    else terms.push(foldKnownWord(match));
  }
  return terms;
}

/** The different terms of a question; words like "the" and "what" count only when there is nothing else. */
export function queryTerms(query: string): string[] {
  const terms = [...new Set(searchTerms(query))];
  const telling = terms.filter((term) => !STOP_WORDS.has(term));
  return telling.length > 0 ? telling : terms;
}

/** Folded words by word; most of a text is a few thousand of them. Emptied when full. */
const foldedWords = new Map<string, string>();
const MOST_KNOWN_WORDS = 50_000;

function foldKnownWord(word: string): string {
  let folded = foldedWords.get(word);
  if (folded === undefined) {
    folded = foldWord(word);
    if (foldedWords.size >= MOST_KNOWN_WORDS) foldedWords.clear();
    foldedWords.set(word, folded);
  }
  return folded;
}

function foldWord(word: string): string {
  // "1,000" and "1000" are one number.
  if (/^\p{Nd}/u.test(word)) return word.replaceAll(/,(?=\p{Nd}{3}(?!\p{Nd}))/gu, '');
  const plain = word.normalize('NFD').replaceAll(/\p{M}/gu, '');
  // Marks carry the vowels in many scripts; only Latin words lose them.
  return /^[a-z]+$/.test(plain) ? stemmer(plain) : word;
}

function pairs(run: string): string[] {
  const characters = Array.from(run);
  if (characters.length === 1) return characters;
  return characters.slice(1).map((character, i) => characters[i]! + character);
}
