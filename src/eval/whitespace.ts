/** White space as Python's `str.split()` and `str.rstrip()` see it, which all reference metrics rest on. */

// Unlike JavaScript's: with U+001C to U+001F and U+0085, without U+FEFF.
const SPACE = String.raw`[\t-\r\u001c- \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]`;
const BETWEEN_WORDS = new RegExp(`${SPACE}+`);
const ONE_SPACE = new RegExp(SPACE);

/** The words of a text, without the white space between and around them. */
export function splitOnWhitespace(text: string): string[] {
  return text.split(BETWEEN_WORDS).filter((word) => word !== '');
}

/** The text without the white space at its end. */
export function trimWhitespaceEnd(text: string): string {
  let end = text.length;
  while (end > 0 && ONE_SPACE.test(text[end - 1]!)) end--;
  return text.slice(0, end);
}
