/**
 * The Porter stemmer as NLTK runs it by default (its extensions included), which is what `rouge_score` uses.
 * Reference: Porter (1980), An algorithm for suffix stripping; nltk `stem/porter.py`, mode NLTK_EXTENSIONS.
 */

const IRREGULAR = new Map([
  ['sky', 'sky'],
  ['skies', 'sky'],
  ['dying', 'die'],
  ['lying', 'lie'],
  ['tying', 'tie'],
  ['news', 'news'],
  ['innings', 'inning'],
  ['inning', 'inning'],
  ['outings', 'outing'],
  ['outing', 'outing'],
  ['cannings', 'canning'],
  ['canning', 'canning'],
  ['howe', 'howe'],
  ['proceed', 'proceed'],
  ['exceed', 'exceed'],
  ['succeed', 'succeed'],
]);

/** Suffix, what replaces it, and whether the rule applies to the rest of the word; the first suffix found decides. */
type Rule = readonly [suffix: string, replacement: string, applies: (stem: string) => boolean];

const always = (): boolean => true;
const isMeasured = (stem: string): boolean => measure(stem) > 0;
const isLong = (stem: string): boolean => measure(stem) > 1;

const STEP_1A: readonly Rule[] = [
  ['sses', 'ss', always],
  ['ies', 'i', always],
  ['ss', 'ss', always],
  ['s', '', always],
];

const STEP_2: readonly Rule[] = [
  ...(
    [
      ['ational', 'ate'],
      ['tional', 'tion'],
      ['enci', 'ence'],
      ['anci', 'ance'],
      ['izer', 'ize'],
      ['bli', 'ble'],
      ['alli', 'al'],
      ['entli', 'ent'],
      ['eli', 'e'],
      ['ousli', 'ous'],
      ['ization', 'ize'],
      ['ation', 'ate'],
      ['ator', 'ate'],
      ['alism', 'al'],
      ['iveness', 'ive'],
      ['fulness', 'ful'],
      ['ousness', 'ous'],
      ['aliti', 'al'],
      ['iviti', 'ive'],
      ['biliti', 'ble'],
      ['fulli', 'ful'],
    ] as const
  ).map(([suffix, replacement]): Rule => [suffix, replacement, isMeasured]),
  // The l belongs to the stem here, so that geo and theo count as measured.
  ['logi', 'log', (stem) => isMeasured(`${stem}l`)],
];

const STEP_3: readonly Rule[] = [
  ['icate', 'ic', isMeasured],
  ['ative', '', isMeasured],
  ['alize', 'al', isMeasured],
  ['iciti', 'ic', isMeasured],
  ['ical', 'ic', isMeasured],
  ['ful', '', isMeasured],
  ['ness', '', isMeasured],
];

const longSuffix = (suffix: string): Rule => [suffix, '', isLong];
const STEP_4: readonly Rule[] = [
  ...['al', 'ance', 'ence', 'er', 'ic', 'able', 'ible', 'ant', 'ement', 'ment', 'ent'].map(longSuffix),
  ['ion', '', (stem) => isLong(stem) && (stem.endsWith('s') || stem.endsWith('t'))],
  ...['ou', 'ism', 'ate', 'iti', 'ous', 'ive', 'ize'].map(longSuffix),
];

/** The stem of a lower-case word. */
export function porterStem(word: string): string {
  const irregular = IRREGULAR.get(word);
  if (irregular !== undefined) return irregular;
  if (word.length <= 2) return word;
  let stem = step1a(word);
  stem = step1b(stem);
  stem = step1c(stem);
  stem = step2(stem);
  stem = applyRules(stem, STEP_3);
  stem = applyRules(stem, STEP_4);
  stem = step5a(stem);
  return stem.endsWith('ll') && isLong(stem.slice(0, -1)) ? stem.slice(0, -1) : stem;
}

function step1a(word: string): string {
  if (word.endsWith('ies') && word.length === 4) return word.slice(0, -1);
  return applyRules(word, STEP_1A);
}

function step1b(word: string): string {
  if (word.endsWith('ied')) return word.slice(0, word.length === 4 ? -1 : -2);
  if (word.endsWith('eed')) return measure(word.slice(0, -3)) > 0 ? word.slice(0, -1) : word;
  const ending = ['ed', 'ing'].find(
    (suffix) => word.endsWith(suffix) && hasVowel(word.slice(0, -suffix.length)),
  );
  if (ending === undefined) return word;
  const stem = word.slice(0, -ending.length);
  if (stem.endsWith('at') || stem.endsWith('bl') || stem.endsWith('iz')) return `${stem}e`;
  if (endsWithDoubleConsonant(stem)) return /[lsz]$/.test(stem) ? stem : stem.slice(0, -1);
  return measure(stem) === 1 && endsConsonantVowelConsonant(stem) ? `${stem}e` : stem;
}

function step1c(word: string): string {
  const stem = word.slice(0, -1);
  return word.endsWith('y') && stem.length > 1 && isConsonant(stem, stem.length - 1) ? `${stem}i` : word;
}

function step2(word: string): string {
  if (word.endsWith('alli') && isMeasured(word.slice(0, -4))) return step2(word.slice(0, -2));
  return applyRules(word, STEP_2);
}

function step5a(word: string): string {
  if (!word.endsWith('e')) return word;
  const stem = word.slice(0, -1);
  const size = measure(stem);
  return size > 1 || (size === 1 && !endsConsonantVowelConsonant(stem)) ? stem : word;
}

function applyRules(word: string, rules: readonly Rule[]): string {
  for (const [suffix, replacement, applies] of rules) {
    if (!word.endsWith(suffix)) continue;
    const stem = word.slice(0, word.length - suffix.length);
    return applies(stem) ? stem + replacement : word;
  }
  return word;
}

/** For each letter 1 for a consonant; y is one unless a consonant stands before it. */
function consonants(word: string): Uint8Array {
  const flags = new Uint8Array(word.length);
  for (let i = 0; i < word.length; i++) {
    const letter = word[i]!;
    if (letter === 'y') flags[i] = i === 0 || flags[i - 1] === 0 ? 1 : 0;
    else flags[i] = 'aeiou'.includes(letter) ? 0 : 1;
  }
  return flags;
}

function isConsonant(word: string, index: number): boolean {
  return consonants(word)[index] === 1;
}

/** Porter's m: how many times a vowel is followed by a consonant. */
function measure(stem: string): number {
  const flags = consonants(stem);
  let count = 0;
  for (let i = 1; i < flags.length; i++) if (flags[i - 1] === 0 && flags[i] === 1) count++;
  return count;
}

function hasVowel(stem: string): boolean {
  return consonants(stem).includes(0);
}

function endsWithDoubleConsonant(word: string): boolean {
  return word.length >= 2 && word.at(-1) === word.at(-2) && isConsonant(word, word.length - 1);
}

/** Consonant, vowel, consonant other than w, x, y at the end; also a vowel and a consonant alone. */
function endsConsonantVowelConsonant(word: string): boolean {
  const flags = consonants(word);
  const n = word.length;
  if (n === 2) return flags[0] === 0 && flags[1] === 1;
  return n >= 3 && flags[n - 3] === 1 && flags[n - 2] === 0 && flags[n - 1] === 1 && !/[wxy]$/.test(word);
}
